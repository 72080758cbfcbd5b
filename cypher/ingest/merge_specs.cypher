// Store specs that are new, or fill stubs, with their dependencies, which must be stored or be
// in the same rows. A spec that is stored already is left as it is. The SET after the MERGE
// takes the lock under which `standing` is read.
// parameters: rows, load
// columns: stored
// used by: loaders/store/spec_writes.py
UNWIND $p.rows AS row
MERGE (s:Spec {hash: row.hash})
SET s.load = coalesce(s.load, $p.load)
WITH s, row, s.stub AS stub
WHERE s.standing IS NULL
SET s += row.properties
REMOVE s.stub
WITH s, row, stub
CALL (s, row) {
  UNWIND row.dependencies AS dependency
  MATCH (d:Spec {hash: dependency.hash})
  CREATE (s)-[:DEPENDS_ON {
    deptypes: dependency.deptypes, virtuals: dependency.virtuals, runtime: dependency.runtime
  }]->(d)
  RETURN count(*) AS dependencies
}
CALL (s, row) {
  UNWIND row.build_specs AS hash
  MATCH (b:Spec {hash: hash})
  CREATE (s)-[:SPLICED_FROM]->(b)
  RETURN count(*) AS build_specs
}
RETURN collect({
  hash: row.hash, edges: dependencies + build_specs, was_stub: coalesce(stub, false)
}) AS stored
