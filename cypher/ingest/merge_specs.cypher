// Store specs that are new, or fill stubs, with their dependencies, which must be stored or be
// in the same rows. A spec that is stored already is left as it is. The SET after the MERGE
// takes the lock under which `standing` is read.
// parameters: rows, load
// columns: stored
// used by: loaders/store/spec_writes.py
UNWIND $p.rows AS row
MERGE (s:Spec {uid: row.uid})
  ON CREATE SET s.hash = row.hash
SET s.load = coalesce(s.load, $p.load)
WITH s, row, s.stub AS stub
WHERE s.standing IS NULL
SET s += row.properties
REMOVE s.stub
WITH s, row, stub
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
RETURN collect({
  uid: row.uid, edges: dependencies + build_specs, was_stub: coalesce(stub, false)
}) AS stored
