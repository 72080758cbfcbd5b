"""The pictures of the pages as plain data: nodes, edges and how they are folded."""
