"""A review -> what an office head is told of it: counts, what weighs most, what is open, what goes well, the list."""
