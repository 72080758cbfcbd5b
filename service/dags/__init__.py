"""Questions about one or two DAGs, answered in memory: no HTTP, no Cypher."""
