"""Invented records in any number, and the same review written by hand in SQL, to measure against."""
