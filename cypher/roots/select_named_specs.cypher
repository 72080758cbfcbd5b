// The specs of one name that pass a node filter.
// parameters: w
// columns: uids
// used by: service/queries/selection.py
WITH $p.w AS w
UNWIND w.intervals AS i
MATCH (x:Spec)
WHERE x.name = w.name AND x.version_key >= i.low AND x.version_key < i.high
WITH DISTINCT w, x
WHERE
  // include: node_filter
RETURN collect(x.uid) AS uids
