"""One run's folder, and every question put to it."""
