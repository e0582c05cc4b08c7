"""The commands about who is visited, and what the visits say of all."""
