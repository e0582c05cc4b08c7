"""A folder of YAML -> a checked pack, what rests on what in it, and what things are called."""
