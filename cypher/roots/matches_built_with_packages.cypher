// As matches_built_with, for node filters that only name packages and versions; plans faster.
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
    // include: is_of_package
  RETURN nodes(c) + tail(nodes(p)) AS nodes, relationships(c) + relationships(p) AS steps
  ORDER BY length(p), x.name, x.uid LIMIT $p.limit
}
RETURN collect({
  uid: uid, place: place, nodes: [n IN nodes | n {.uid, .hash, .name, .version}],
  steps: [d IN steps | d {.deptypes, .virtuals}]
}) AS matches
