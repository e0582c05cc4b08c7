"""What a pack says for the office's commands: its form, and who is told what."""
