"""`python -m lookback`, as the command."""

from lookback.cli.main import main

main()
