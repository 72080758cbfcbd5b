// The specs of any name that pass a node filter; every stored spec is looked at.
// parameters: w
// columns: uids
// owns up to: NodeByLabelScan, NodeIndexScan
// used by: service/queries/selection.py
WITH $p.w AS w
MATCH (x:Spec)
WHERE
  // include: node_filter
RETURN collect(x.uid) AS uids
