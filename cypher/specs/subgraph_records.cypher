// A spec and everything that it depends on or was spliced from; each with the identities of its direct
// dependencies, and its build spec, which may be a stub. Also its best document, without its nodes.
// parameters: uid
// columns: spec_format, nodes, document
// used by: service/queries/stored_dags.py
MATCH (s:Spec {uid: $p.uid})
CALL (s) {
  MATCH (s)-[:DEPENDS_ON|SPLICED_FROM*0..]->(n:Spec)
  WITH DISTINCT n
  WHERE n.document IS NOT NULL
  RETURN collect(n {
    .uid, .document, .spec_format,
    // Nothing else has the hash, so that names it.
    alone: n.uid = n.hash OR COUNT {
      MATCH (o:Spec {hash: n.hash})
      USING INDEX SEEK o:Spec(hash)
    } = 1,
    dependencies: [(n)-[:DEPENDS_ON]->(x:Spec) | x.uid],
    build_spec: head([(n)-[:SPLICED_FROM]->(b:Spec) | b {.uid, .name}])
  }) AS nodes
}
CALL (s) {
  MATCH (s)<-[:DESCRIBES]-(d:Document)
  WITH d ORDER BY d.standing
  RETURN head(collect(d {.digest, .records})) AS document
}
RETURN s.spec_format AS spec_format, nodes, document
