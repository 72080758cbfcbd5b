// The best verified document of a root, or the one with a given digest, with all its nodes. What
// `records` refers to a node by is its `reference`: its hash, or the uid of a claim.
// parameters: hash, digest
// columns: digest, spec_format, envelope, records, nodes
// used by: service/queries/stored_dags.py
MATCH (s:Spec {hash: $p.hash})<-[:DESCRIBES]-(d:Document)
WHERE $p.digest IS NULL OR d.digest = $p.digest
WITH d ORDER BY d.standing LIMIT 1
CALL (d) {
  UNWIND d.records AS reference
  WITH reference WHERE size(reference) = 32
  MATCH (n:Spec {hash: reference})
  RETURN collect({reference: n.hash, document: n.document}) AS specs
}
CALL (d) {
  UNWIND d.records AS reference
  WITH reference WHERE size(reference) > 32
  MATCH (c:Claim {uid: reference})
  RETURN collect({reference: c.uid, document: c.document}) AS claims
}
RETURN d.digest AS digest, d.spec_format AS spec_format, d.envelope AS envelope,
  d.records AS records, specs + claims AS nodes
