// The version of the schema by which the graph was written, or null if it has none, and whether there
// is any spec.
// parameters: name
// columns: version, has_specs
// owns up to: NodeByLabelScan
// used by: loaders/store/migrations.py
OPTIONAL MATCH (c:Counter {name: $p.name})
RETURN c.value AS version, EXISTS { MATCH (:Spec) } AS has_specs
