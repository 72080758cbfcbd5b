"""Answers about one or two DAGs, worked out in memory: no HTTP, no Cypher, no database."""
