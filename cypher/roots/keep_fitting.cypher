// Those of some specs that are like this, as far as their own attributes go.
// parameters: hashes, w
// columns: hashes
WITH $p.w AS w
UNWIND $p.hashes AS hash
MATCH (x:Spec {hash: hash})
WHERE
  // include: node_filter
  AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
  AND (size(w.hashes) = 0 OR x.hash IN w.hashes)
RETURN collect(x.hash) AS hashes
