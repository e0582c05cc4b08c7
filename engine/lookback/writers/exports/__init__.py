"""A review in the forms of other programs. What is written goes out piece by piece: nothing of it is held."""
