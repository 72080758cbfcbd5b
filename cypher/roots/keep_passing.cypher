// Those of some specs that pass a node filter.
// parameters: uids, w
// columns: uids
// used by: service/queries/selection.py
WITH $p.w AS w
UNWIND $p.uids AS uid
MATCH (x:Spec {uid: uid})
WHERE
  // include: node_filter
  AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
  AND (size(w.uids) = 0 OR x.uid IN w.uids)
RETURN collect(x.uid) AS uids
