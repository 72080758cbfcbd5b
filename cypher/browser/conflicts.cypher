// Records not shown
// Node records of documents that no spec shows: some
// of Spack's splices write damaged copies of build
// specs, and records without their build spec. All are
// kept with their documents.
// owns up to: NodeByLabelScan
MATCH (c:Claim)
WHERE NOT EXISTS {
  MATCH (s:Spec {hash: c.hash})
  WHERE right(s.standing, 64) = right(c.uid, 64)
}
OPTIONAL MATCH (c)<-[:HOLDS]-(d:Document)
RETURN c.name AS package, c.version AS version,
  c.hash AS hash,
  c.verified AS is_verified,
  collect(d.digest) AS documents
ORDER BY package, hash LIMIT 100
