// Creates the edges of the content `s` that `row` describes, and counts them as `dependencies` and
// `build_specs`. A build spec that is not stored as that content is the one shown for its hash.
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
