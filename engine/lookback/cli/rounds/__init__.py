"""The commands of the rounds."""
