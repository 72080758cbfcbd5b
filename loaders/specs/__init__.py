"""Spec documents: parsing, checks, nodes, and the DAG hashes recomputed from their content."""
