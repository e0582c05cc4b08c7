"""What became of units and findings from one review to the next, written."""
