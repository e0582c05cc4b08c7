"""lookback from a checkout: `python cli.py check …`, as the installed `lookback` does."""

import os
import sys

try:
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "engine"))
    from lookback.__main__ import main
except KeyboardInterrupt:  # before anything listens to signals
    raise SystemExit(130) from None

if __name__ == "__main__":
    main()
