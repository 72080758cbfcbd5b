"""Spack's documents in, rows and merges out: one module a document kind."""
