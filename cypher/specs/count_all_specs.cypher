// The number of all specs except some; stubs are left out.
// parameters: excluded, spliced
// columns: total
// owns up to: NodeByLabelScan, NodeIndexScan
// used by: service/queries/all_specs.py
MATCH (s:Spec)
WHERE s.standing IS NOT NULL AND NOT s.uid IN $p.excluded
  AND ($p.spliced IS NULL OR s.spliced = $p.spliced)
RETURN count(s) AS total
