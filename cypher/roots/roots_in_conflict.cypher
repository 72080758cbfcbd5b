// Those of some roots whose best proven document holds a record for whose hash the graph shows another
// one, so that the graph's edges are not all the document's. If few records are in conflict, the plan
// may start from these.
// parameters: hashes
// columns: hashes
// owns up to: DirectedRelationshipTypeScan
// used by: service/queries/matches.py
UNWIND $p.hashes AS hash
MATCH (r:Spec {hash: hash})
WHERE EXISTS {
  MATCH (r)-[:BUILT_WITH|DEPLOYED_WITH]->(s:Spec)<-[:CLAIMS]-(c:Claim)
  WHERE c.standing <> s.standing
}
CALL (r) {
  MATCH (r)<-[:DESCRIBES]-(d:Document)
  RETURN d.records AS records ORDER BY d.standing LIMIT 1
}
UNWIND records AS reference
WITH hash, reference WHERE size(reference) > 32
MATCH (c:Claim {uid: reference})-[:CLAIMS]->(s:Spec)
WHERE c.standing <> s.standing
RETURN collect(DISTINCT hash) AS hashes
