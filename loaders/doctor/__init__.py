"""Examine the graph: whether what is stored agrees with itself, and what to do if not."""
