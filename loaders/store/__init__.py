"""The writes: batched, retried, idempotent merges into the graph."""
