// The version of the schema that the graph was written by, or null if it has none.
// parameters: name
// columns: version
// used by: loaders/store/migrations.py
OPTIONAL MATCH (c:Counter {name: $p.name})
RETURN c.value AS version
