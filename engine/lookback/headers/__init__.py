"""What stands above, among and below the records of a sheet: its header, totals, notes."""
