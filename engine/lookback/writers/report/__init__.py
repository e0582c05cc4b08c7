"""A report in each format; `words` is what all of them say alike."""
