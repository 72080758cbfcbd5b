// For each of some specs the nearest nodes on each side that pass a node filter, with a shortest path
// to each: `place` is the index of that filter in the side's list. The built side leads over build
// specs to the one that was really built and from there by every edge, the deployed side by run-time
// edges, the third along the chain of build specs.
// parameters: hashes, built_with, deployed_with, spliced_from, limit
// columns: matches
// owns up to: VarLengthExpand(All)
// used by: service/queries/matches.py
UNWIND $p.hashes AS hash
MATCH (r:Spec {hash: hash})
CALL (r) {
  UNWIND range(0, size($p.built_with) - 1) AS place
  WITH r, place, $p.built_with[place] AS w
  CALL (r, w) {
    MATCH c = (r)-[:SPLICED_FROM*0..]->(b:Spec)
    WHERE NOT coalesce(b.spliced, false)
    MATCH p = ANY SHORTEST (b)-[:DEPENDS_ON|SPLICED_FROM]->*(x:Spec)
    WHERE
      // include: node_filter
      AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
      AND (size(w.hashes) = 0 OR x.hash IN w.hashes)
    RETURN nodes(c) + tail(nodes(p)) AS nodes, relationships(c) + relationships(p) AS steps
    ORDER BY length(p), x.name, x.hash LIMIT $p.limit
  }
  RETURN collect({
    place: place, nodes: [n IN nodes | n {.hash, .name, .version}],
    steps: [d IN steps | d {.deptypes, .virtuals}]
  }) AS built_with
}
CALL (r) {
  UNWIND range(0, size($p.deployed_with) - 1) AS place
  WITH r, place, $p.deployed_with[place] AS w
  CALL (r, w) {
    MATCH p = ANY SHORTEST (r)-[:DEPENDS_ON {runtime: true}]->*(x:Spec)
    WHERE
      // include: node_filter
      AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
      AND (size(w.hashes) = 0 OR x.hash IN w.hashes)
    RETURN nodes(p) AS nodes, relationships(p) AS steps
    ORDER BY length(p), x.name, x.hash LIMIT $p.limit
  }
  RETURN collect({
    place: place, nodes: [n IN nodes | n {.hash, .name, .version}],
    steps: [d IN steps | d {.deptypes, .virtuals}]
  }) AS deployed_with
}
CALL (r) {
  UNWIND range(0, size($p.spliced_from) - 1) AS place
  WITH r, place, $p.spliced_from[place] AS w
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
    place: place, nodes: [n IN nodes | n {.hash, .name, .version}],
    steps: [d IN steps | d {.deptypes, .virtuals}]
  }) AS spliced_from
}
RETURN collect({
  hash: hash, built_with: built_with, deployed_with: deployed_with, spliced_from: spliced_from
}) AS matches
