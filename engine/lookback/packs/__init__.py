"""A folder of YAML -> a checked pack, what rests on what in it, and what things are called."""

DEFAULT_PACK = "lookback-2005"
"""The built-in pack that is meant where none is named."""
