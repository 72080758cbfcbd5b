// The build specs that some specs were spliced from directly, unless they are stubs.
// parameters: uids
// columns: build_specs
// used by: service/queries/overview.py
UNWIND $p.uids AS uid
MATCH (:Spec {uid: uid})-[:SPLICED_FROM]->(b:Spec)
WHERE b.standing IS NOT NULL
RETURN collect({uid: uid, build_spec: b {.uid, .hash, .name, .version}}) AS build_specs
