"""What a draw and an estimate say, for people."""
