// For each of some specs the build specs on its chain that pass a node filter, with the path to each.
// `place` is the index of the filter.
// parameters: uids, filters, limit
// columns: matches
// owns up to: VarLengthExpand(All)
// used by: service/queries/matches.py
UNWIND $p.uids AS uid
MATCH (r:Spec {uid: uid})
UNWIND range(0, size($p.filters) - 1) AS place
WITH r, uid, place, $p.filters[place] AS w
CALL (r, w) {
  MATCH p = (r)-[:SPLICED_FROM*1..]->(x:Spec)
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
