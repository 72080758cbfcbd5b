"""Postings: bitmaps of the roots that have a package and version on a side."""
