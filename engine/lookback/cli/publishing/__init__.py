"""The commands by which a review leaves the office."""
