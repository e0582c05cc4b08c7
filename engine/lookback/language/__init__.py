"""The condition language: what may be written, its types, its atoms, its three truth values."""
