"""Attempts at building: the folders that tell of them, and the write."""
