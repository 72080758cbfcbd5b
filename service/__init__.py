"""The service: REST API, web pages, command line and embedded Neo4j."""

DISTRIBUTION = "spack-specgraph"
"""Name of the distribution on a package index; `specgraph` there belongs to another project."""
