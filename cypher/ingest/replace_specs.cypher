// Put better proven records in the place of the ones that these specs show, edges included.
// What a spec showed before is kept as a Claim by the document that brought it.
// parameters: rows
// columns: stored
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
RETURN collect([row.hash, dependencies + build_specs, false]) AS stored
