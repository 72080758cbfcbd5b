// As matches_deployed_with, for node filters that only name packages and versions; plans faster.
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
    // include: is_of_package
  RETURN nodes(p) AS nodes, relationships(p) AS steps
  ORDER BY length(p), x.name, x.uid LIMIT $p.limit
}
RETURN collect({
  uid: uid, place: place, nodes: [n IN nodes | n {.uid, .hash, .name, .version}],
  steps: [d IN steps | d {.deptypes, .virtuals}]
}) AS matches
