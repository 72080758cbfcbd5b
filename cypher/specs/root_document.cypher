// The best verified document of a content, or the one with a given digest of any content of its hash,
// with all its nodes. What `records` refers to a node by is its `reference`: its hash, or the uid of a
// claim.
// parameters: uid, digest
// columns: digest, spec_format, envelope, records, nodes
// used by: service/queries/stored_dags.py
CALL () {
  MATCH (:Spec {uid: $p.uid})<-[:DESCRIBES]-(d:Document)
  WHERE $p.digest IS NULL
  RETURN d
  UNION
  MATCH (d:Document {digest: $p.digest})-[:DESCRIBES]->(s:Spec)
  WHERE s.hash = left($p.uid, 32)
  RETURN d
}
WITH d ORDER BY d.standing LIMIT 1
CALL (d) {
  UNWIND d.records AS reference
  WITH reference WHERE size(reference) = 32
  OPTIONAL MATCH (n:Spec {uid: reference})
  WITH reference, n.document AS document
  RETURN collect(CASE WHEN document IS NOT NULL THEN
      {reference: reference, document: document} END) AS plain,
    collect(CASE WHEN document IS NULL THEN reference END) AS others
}
// These prove their hash, but something below them does not.
CALL (others) {
  UNWIND others AS reference
  MATCH (n:Spec {hash: reference})
  USING INDEX SEEK n:Spec(hash)
  WHERE n.standing STARTS WITH '0:'
  RETURN collect({reference: reference, document: n.document}) AS specs
}
CALL (d) {
  UNWIND d.records AS reference
  WITH reference WHERE size(reference) > 32
  MATCH (c:Claim {uid: reference})
  RETURN collect({reference: c.uid, document: c.document}) AS claims
}
RETURN d.digest AS digest, d.spec_format AS spec_format, d.envelope AS envelope,
  d.records AS records, plain + specs + claims AS nodes
