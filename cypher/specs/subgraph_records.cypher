// A spec and everything that it depends on or was spliced from, for a spec that no document holds.
// parameters: hash
// columns: spec_format, nodes
// used by: service/queries/stored_dags.py
MATCH (s:Spec {hash: $p.hash})
CALL (s) {
  MATCH (s)-[:DEPENDS_ON|SPLICED_FROM*0..]->(n:Spec)
  WITH DISTINCT n
  WHERE n.document IS NOT NULL
  RETURN collect(n {.hash, .document, .spec_format}) AS nodes
}
RETURN s.spec_format AS spec_format, nodes
