// Mark some of the specs whose hash does not determine their content: spliced ones, and those that
// are not verified.
// parameters: limit
// columns: changed
// owns up to: NodeByLabelScan, NodeIndexScan, DirectedRelationshipTypeScan
// used by: loaders/store/migrations.py
MATCH (s:Spec)
WHERE s.uid = s.hash AND s.standing IS NOT NULL AND (s.spliced OR NOT s.verified)
  AND NOT s:Disputed
WITH s LIMIT $p.limit
SET s:Disputed
RETURN count(*) AS changed
