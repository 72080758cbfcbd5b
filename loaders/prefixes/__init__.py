"""Prefixes: the programs, libraries and texts that a spec has installed."""
