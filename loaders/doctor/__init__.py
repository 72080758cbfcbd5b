"""Examine the graph: whether it agrees with itself, and how to mend it."""
