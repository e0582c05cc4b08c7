"""What other programs are given of a review: its units and findings one after the other, and its tables."""
