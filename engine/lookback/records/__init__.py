"""What the user names -> typed records, and every value and row that could not be used."""
