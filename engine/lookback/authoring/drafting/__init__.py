"""A new pack, drafted from the records that it is to judge: `draft`; and what a newer file has that a pack does not: `newer`."""
