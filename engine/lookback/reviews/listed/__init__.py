"""What lists of a review say beside units and findings, and their cover."""
