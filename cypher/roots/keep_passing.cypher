// Those of some specs that pass a node filter.
// parameters: hashes, w
// columns: hashes
// used by: service/queries/selection.py, service/queries/matches.py
WITH $p.w AS w
UNWIND $p.hashes AS hash
MATCH (x:Spec {hash: hash})
WHERE
  // include: node_filter
  AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
  AND (size(w.hashes) = 0 OR x.hash IN w.hashes)
RETURN collect(x.hash) AS hashes
