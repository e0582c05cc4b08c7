"""What an audience is told, as files: pages, lists, letters."""
