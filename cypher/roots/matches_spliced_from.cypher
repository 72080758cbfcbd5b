// For each of some specs the build specs on its chain that pass a node filter, with the path to each.
// `place` is the index of the filter.
// parameters: hashes, filters, limit
// columns: matches
// owns up to: VarLengthExpand(All)
// used by: service/queries/matches.py
UNWIND $p.hashes AS hash
MATCH (r:Spec {hash: hash})
UNWIND range(0, size($p.filters) - 1) AS place
WITH r, hash, place, $p.filters[place] AS w
CALL (r, w) {
  MATCH p = (r)-[:SPLICED_FROM*1..]->(x:Spec)
  WHERE
    // include: node_filter
    AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
    AND (size(w.hashes) = 0 OR x.hash IN w.hashes)
  RETURN nodes(p) AS nodes, relationships(p) AS steps
  ORDER BY length(p), x.name, x.hash LIMIT $p.limit
}
RETURN collect({
  hash: hash, place: place, nodes: [n IN nodes | n {.hash, .name, .version}],
  steps: [d IN steps | d {.deptypes, .virtuals}]
}) AS matches
