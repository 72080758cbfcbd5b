// For each of some specs the nearest nodes that it was built with and that pass a node filter, with a
// shortest path: over build specs to the one that was really built, from there by every edge. `place`
// is the index of the filter.
// parameters: uids, filters, limit
// columns: matches
// owns up to: VarLengthExpand(All)
// used by: service/queries/matches.py
UNWIND $p.uids AS uid
MATCH (r:Spec {uid: uid})
UNWIND range(0, size($p.filters) - 1) AS place
WITH r, uid, place, $p.filters[place] AS w
CALL (r, w) {
  MATCH c = (r)-[:SPLICED_FROM*0..]->(b:Spec)
  WHERE NOT EXISTS { (b)-[:SPLICED_FROM]->() } AND (b <> r OR b.stripped IS NULL)
  MATCH p = ANY SHORTEST (b)-[:DEPENDS_ON|SPLICED_FROM]->*(x:Spec)
  WHERE
    // include: node_filter
    AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
    AND (size(w.uids) = 0 OR x.uid IN w.uids)
  RETURN nodes(c) + tail(nodes(p)) AS nodes, relationships(c) + relationships(p) AS steps
  ORDER BY length(p), x.name, x.uid LIMIT $p.limit
}
RETURN collect({
  uid: uid, place: place, nodes: [n IN nodes | n {.uid, .hash, .name, .version}],
  steps: [d IN steps | d {.deptypes, .virtuals}]
}) AS matches
