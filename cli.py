"""lookback from a checkout: `python cli.py check …`, as the installed `lookback` does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "engine"))

from lookback.cli.main import main

if __name__ == "__main__":
    main()
