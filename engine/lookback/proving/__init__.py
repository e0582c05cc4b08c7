"""What holds for every possible record, and the smallest record that shows it."""
