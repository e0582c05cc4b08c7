"""Results -> text and files, a format a file; what is written is handed over, nothing is asked."""
