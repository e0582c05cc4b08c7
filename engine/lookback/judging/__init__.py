"""Records -> verdicts: a pack compiled once, situations decided once."""
