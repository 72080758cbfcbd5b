// The build specs that some specs were spliced from directly, unless they are stubs.
// parameters: hashes
// columns: build_specs
// used by: service/queries/overview.py
UNWIND $p.hashes AS hash
MATCH (:Spec {hash: hash})-[:SPLICED_FROM]->(b:Spec)
WHERE b.standing IS NOT NULL
RETURN collect({hash: hash, build_spec: b {.hash, .name, .version}}) AS build_specs
