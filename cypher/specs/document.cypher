// The best proven document of a root, or the one with a given digest, with all its records.
// parameters: hash, digest
// columns: digest, spec_format, envelope, records, specs, claims
MATCH (s:Spec {hash: $p.hash})<-[:DESCRIBES]-(d:Document)
WHERE $p.digest IS NULL OR d.digest = $p.digest
WITH d ORDER BY d.standing LIMIT 1
CALL (d) {
  UNWIND d.records AS reference
  WITH reference WHERE size(reference) = 32
  MATCH (n:Spec {hash: reference})
  RETURN collect([n.hash, n.document]) AS specs
}
CALL (d) {
  UNWIND d.records AS reference
  WITH reference WHERE size(reference) > 32
  MATCH (c:Claim {uid: reference})
  RETURN collect([c.uid, c.document]) AS claims
}
RETURN d.digest AS digest, d.spec_format AS spec_format, d.envelope AS envelope,
  d.records AS records, specs, claims
