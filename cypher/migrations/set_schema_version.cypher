// Note the version of the schema that the graph has now.
// parameters: name, version
// columns: version
// used by: loaders/store/migrations.py
MERGE (c:Counter {name: $p.name})
SET c.value = $p.version
RETURN c.value AS version
