// How many specs there are but for some, stubs left out.
// parameters: excluded, spliced
// columns: total
// owns up to: NodeByLabelScan, NodeIndexScan
MATCH (s:Spec)
WHERE s.standing IS NOT NULL AND NOT s.hash IN $p.excluded
  AND ($p.spliced IS NULL OR s.spliced = $p.spliced)
RETURN count(s) AS total
