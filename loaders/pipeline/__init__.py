"""From a path to the graph: discovery, document kinds, readers, reports."""
