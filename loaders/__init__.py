"""Read Spack's documents, turn them into rows and merge those into the graph."""
