"""Back up the graph to a portable file, and restore it from one."""
