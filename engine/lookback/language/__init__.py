"""The condition language: what may be written, its types, its atoms, its three truth values."""

import logging
import sys

logging.getLogger("sqlglot").addHandler(logging.NullHandler())  # what it thinks of a text is none of the user's business
sys.setrecursionlimit(max(sys.getrecursionlimit(), 6_000))
"""Conditions are trees of up to `parse.MOST_DEEP` levels, facts on facts of more; a level of the SQL may take thirty calls."""
