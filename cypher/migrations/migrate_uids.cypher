// Give some of the specs without an identity their hash as one, as the schema before contents had it.
// parameters: limit
// columns: changed
// owns up to: NodeByLabelScan, NodeIndexScan, DirectedRelationshipTypeScan
// used by: loaders/store/migrations.py
MATCH (s:Spec)
WHERE s.uid IS NULL
WITH s LIMIT $p.limit
SET s.uid = s.hash
RETURN count(*) AS changed
