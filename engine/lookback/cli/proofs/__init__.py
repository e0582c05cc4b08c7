"""Commands about what others can be given of a review, and can prove by it."""
