"""The groups of commands, a file a group, imported only when they are called."""
