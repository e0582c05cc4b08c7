"""Two reviews held against each other: records by either pack, findings, causes, and what lies behind them."""
