// Mark some of the specs that depend on marked ones.
// parameters: limit
// columns: changed
// owns up to: NodeByLabelScan, NodeIndexScan, DirectedRelationshipTypeScan
// used by: loaders/store/migrations.py
MATCH (:Disputed)<-[:DEPENDS_ON]-(s:Spec)
WHERE NOT s:Disputed
WITH DISTINCT s LIMIT $p.limit
SET s:Disputed
RETURN count(*) AS changed
