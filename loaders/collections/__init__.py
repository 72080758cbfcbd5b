"""Readers of documents with many specs: store indexes, lockfiles, build caches, Cray manifests."""
