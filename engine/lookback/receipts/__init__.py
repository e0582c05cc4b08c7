"""What a review can prove of one unit to whoever has its root, and to nobody anything of another unit."""
