"""What analysts do with a pack before it judges anybody."""
