// Every record at and below a spec, its build specs included, for a spec that has no document
// of its own.
// parameters: hash
// columns: spec_format, specs
MATCH (s:Spec {hash: $p.hash})
CALL (s) {
  MATCH (s)-[:DEPENDS_ON|SPLICED_FROM*0..]->(n:Spec)
  WITH DISTINCT n
  WHERE n.document IS NOT NULL
  RETURN collect([n.hash, n.document, n.spec_format]) AS specs
}
RETURN s.spec_format AS spec_format, specs
