// For each of some specs the nearest nodes that it is deployed with and that pass a node filter, with a
// shortest path by run-time edges. `place` is the index of the filter.
// parameters: uids, filters, limit
// columns: matches
// used by: service/queries/matches.py
UNWIND $p.uids AS uid
MATCH (r:Spec {uid: uid})
UNWIND range(0, size($p.filters) - 1) AS place
WITH r, uid, place, $p.filters[place] AS w
CALL (r, w) {
  MATCH p = ANY SHORTEST (r)-[:DEPENDS_ON {runtime: true}]->*(x:Spec)
  WHERE
    // include: node_filter
    AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
    AND (size(w.uids) = 0 OR x.uid IN w.uids)
  RETURN nodes(p) AS nodes, relationships(p) AS steps
  ORDER BY length(p), x.name, x.uid LIMIT $p.limit
}
RETURN collect({
  uid: uid, place: place, nodes: [n IN nodes | n {.uid, .hash, .name, .version}],
  steps: [d IN steps | d {.deptypes, .virtuals}]
}) AS matches
