"""Delete from the graph: refused if something needs it, in bounded transactions, no orphan left."""
