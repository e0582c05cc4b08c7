"""What all documents for Word have in common."""
