// Mark some of the documents that hold records of marked specs, and let them refer to these records
// as claims.
// parameters: limit
// columns: changed
// owns up to: NodeByLabelScan, NodeIndexScan, DirectedRelationshipTypeScan
// used by: loaders/store/migrations.py
CALL () {
  MATCH (:Disputed)<-[:BUILT_WITH|DEPLOYED_WITH]-(:Root)<-[:DESCRIBES]-(d:Document)
  WHERE NOT d:Outdated
  RETURN d
  UNION
  MATCH (d:Document)
  WHERE d.unverified > 0 AND NOT d:Outdated AND NOT EXISTS { (d)-[:DESCRIBES]->(:Spec {stub: true}) }
    AND EXISTS { (d)-[:DESCRIBES]->(s:Spec) WHERE s.uid = s.hash }
  RETURN d
}
WITH DISTINCT d LIMIT $p.limit
SET d:Outdated
WITH d
CALL (d) {
  UNWIND range(0, size(d.records) - 1) AS place
  WITH d, place, d.records[place] AS reference
  OPTIONAL MATCH (s:Spec {uid: left(reference, 32)})
  WHERE size(reference) = 32 AND s:Disputed
  WITH place, CASE WHEN s IS NULL THEN reference
    ELSE s.hash + ':' + substring(s.standing, 2) END AS reference
  ORDER BY place
  RETURN collect(reference) AS records
}
SET d.records = records
RETURN count(*) AS changed
