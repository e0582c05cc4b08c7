"""What is written -> a typed value, and what one that cannot be read was meant to be."""
