"""What `check` asks of a pack, a file a part."""
