"""What of a review is told to whom: everything else stays behind, and the finished files are searched for it."""
