// Replace the records that contents show by better ones, edges included. The document that brought
// the former record keeps it as a Claim.
// parameters: rows
// columns: stored
// used by: loaders/store/spec_writes.py
UNWIND $p.rows AS row
MATCH (s:Spec {uid: row.uid})
SET s.uid = row.uid
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
  MATCH (d:Spec {uid: dependency.uid})
  CREATE (s)-[:DEPENDS_ON {
    deptypes: dependency.deptypes, virtuals: dependency.virtuals, runtime: dependency.runtime
  }]->(d)
  RETURN count(*) AS dependencies
}
CALL (s, row) {
  UNWIND row.build_specs AS build_spec
  CALL (build_spec) {
    MATCH (s:Spec {hash: left(build_spec, 32)})
    USING INDEX SEEK s:Spec(hash)
    RETURN s AS b
    ORDER BY s.uid <> build_spec,
      // include: content_order
    LIMIT 1
  }
  CREATE (s)-[:SPLICED_FROM]->(b)
  RETURN count(*) AS build_specs
}
RETURN collect({uid: row.uid, edges: dependencies + build_specs, was_stub: false}) AS stored
