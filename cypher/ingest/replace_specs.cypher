// Replace the records that specs show by better proven ones, edges included. The document that
// brought the former record keeps it as a Claim.
// parameters: rows
// columns: stored
// used by: loaders/store/spec_writes.py
UNWIND $p.rows AS row
MATCH (s:Spec {hash: row.hash})
SET s.hash = row.hash
WITH s, row
WHERE s.standing IS NULL OR row.properties.standing < s.standing
SET s += row.absent, s += row.properties
WITH s, row
CALL (s) {
  MATCH (s)-[old:DEPENDS_ON|SPLICED_FROM]->()
  DELETE old
}
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
RETURN collect({hash: row.hash, edges: dependencies + build_specs, was_stub: false}) AS stored
