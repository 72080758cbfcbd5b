"""Spec documents: read, checked, split into nodes, their DAG hashes recomputed."""
