"""Write to the graph: batched, retried, idempotent merges."""
