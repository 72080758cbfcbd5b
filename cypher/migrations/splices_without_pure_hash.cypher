// Some spliced specs without a pure hash, by identity, each with up to three documents that contain
// it, the best one first.
// parameters: after, limit
// columns: uid, digest, spec_format, envelope, records, nodes
// owns up to: NodeIndexSeekByRange
// used by: loaders/store/migrations.py
MATCH (s:Spec)
WHERE s.uid > $p.after AND s.spliced AND s.stripped IS NULL AND s.pure_hash IS NULL
WITH s ORDER BY s.uid LIMIT $p.limit
CALL (s) {
  CALL (s) {
    MATCH (s)<-[:DESCRIBES]-(d:Document)
    RETURN d, 0 AS distance
    UNION
    MATCH (s)<-[:BUILT_WITH|DEPLOYED_WITH]-(:Root)<-[:DESCRIBES]-(d:Document)
    RETURN d, 1 AS distance
  }
  WITH d ORDER BY distance, d.standing LIMIT 3
  RETURN collect(d) AS documents
}
UNWIND CASE documents WHEN [] THEN [null] ELSE documents END AS d
CALL (d) {
  UNWIND d.records AS reference
  WITH reference WHERE size(reference) = 32
  MATCH (n:Spec {hash: reference})
  USING INDEX SEEK n:Spec(hash)
  WHERE n.standing STARTS WITH '0:'
  RETURN collect({reference: reference, document: n.document}) AS specs
}
CALL (d) {
  UNWIND d.records AS reference
  WITH reference WHERE size(reference) > 32
  MATCH (c:Claim {uid: reference})
  RETURN collect({reference: reference, document: c.document}) AS claims
}
RETURN s.uid AS uid, d.digest AS digest, d.spec_format AS spec_format, d.envelope AS envelope,
  d.records AS records, specs + claims AS nodes
