// The specs of a name that are like this, as far as their own attributes go.
// parameters: w
// columns: hashes
WITH $p.w AS w
UNWIND w.intervals AS i
MATCH (x:Spec)
WHERE x.name = w.name AND x.version_key >= i.low AND x.version_key < i.high
WITH DISTINCT w, x
WHERE
  // include: node_filter
RETURN collect(x.hash) AS hashes
