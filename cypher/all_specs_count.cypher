// How many specs there are, stubs left out.
// parameters: spliced
// columns: total
// owns up to: NodeByLabelScan
MATCH (s:Spec)
WHERE s.standing IS NOT NULL AND ($spliced IS NULL OR s.spliced = $spliced)
RETURN count(s) AS total
