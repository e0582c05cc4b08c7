"""A file of one kind, or a database -> its cells, or a relation of its columns; nothing is known of tables there."""
