// Conflicting records
// Records that claim a hash for which another record is shown. Some of Spack's splices write a hash
// that does not match their content; both records are kept.
// owns up to: NodeByLabelScan, DirectedRelationshipTypeScan
MATCH (c:Claim)-[:CLAIMS]->(s:Spec)
WHERE c.standing <> s.standing
OPTIONAL MATCH (c)<-[:HOLDS]-(d:Document)
RETURN s.name AS package, s.version AS version,
  s.hash AS hash,
  s.verified AS shown_is_verified,
  c.verified AS other_is_verified,
  collect(d.digest) AS documents
ORDER BY package, hash LIMIT 100
