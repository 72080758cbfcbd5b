"""Uploads made to harm: expensive ones, and real documents that a mutator has damaged."""
