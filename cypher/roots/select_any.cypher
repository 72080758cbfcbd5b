// As select_specs, for an anonymous spec: every stored spec is looked at.
// parameters: w
// columns: hashes
// owns up to: NodeByLabelScan, NodeIndexScan
WITH $p.w AS w
MATCH (x:Spec)
WHERE
  // include: node_filter
RETURN collect(x.hash) AS hashes
