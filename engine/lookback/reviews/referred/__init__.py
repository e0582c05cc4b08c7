"""What the records of one unit rest on in those of others: looked up again, or kept as it was found."""
