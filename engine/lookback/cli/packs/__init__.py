"""`lookback new`, and which pack a command takes."""
