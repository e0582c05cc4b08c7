"""The command of the report."""
