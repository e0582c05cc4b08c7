"""From one review to the next: what changed, and why; what became of each finding."""
