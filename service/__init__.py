"""The service: REST API, command line, embedded Neo4j."""
