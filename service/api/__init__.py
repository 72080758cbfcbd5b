"""The REST API: one module a resource, which parses, asks and shapes."""
