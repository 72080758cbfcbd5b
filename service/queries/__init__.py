"""Questions put to the graph, as plain typed functions that know nothing of HTTP."""
