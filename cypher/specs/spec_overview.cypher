// One spec with its documents, the records in conflict with the one shown, and the number of its
// direct dependents.
// parameters: hash
// columns: spec, root, documents, conflicts, spliced_from, dependents
// used by: service/queries/stored_specs.py
MATCH (s:Spec {hash: $p.hash})
CALL (s) {
  MATCH (s)<-[:DESCRIBES]-(d:Document)
  WITH d ORDER BY d.standing
  RETURN collect(d {.digest, .spec_format, .unverified, .defects, .origin, .load}) AS documents
}
CALL (s) {
  MATCH (s)<-[:CLAIMS]-(c:Claim)
  WHERE c.standing <> s.standing
  WITH c ORDER BY c.standing
  RETURN collect(c {.uid, .verified, .name, .version}) AS conflicts
}
CALL (s) {
  MATCH (s)-[:SPLICED_FROM]->(b:Spec)
  RETURN head(collect(b {.hash, .name, .version, .stub})) AS spliced_from
}
RETURN s {.*} AS spec, s:Root AS root, documents, conflicts, spliced_from,
  COUNT { (s)<-[:DEPENDS_ON]-() } AS dependents
