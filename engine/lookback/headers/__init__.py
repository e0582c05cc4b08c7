"""A sheet of texts: its header, what among the rows below it is no record, and the records."""
