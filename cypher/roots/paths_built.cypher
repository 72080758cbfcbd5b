// For each of these specs the nearest nodes that it was built with and that fit what is wanted, with
// a shortest path: over build specs to what was really built, from there by every edge.
// parameters: hashes, wanted, limit
// columns: paths
// owns up to: VarLengthExpand(All)
UNWIND $p.hashes AS hash
MATCH (r:Spec {hash: hash})
UNWIND range(0, size($p.wanted) - 1) AS place
WITH r, hash, place, $p.wanted[place] AS w
CALL (r, w) {
  MATCH c = (r)-[:SPLICED_FROM*0..]->(b:Spec)
  WHERE NOT coalesce(b.spliced, false)
  MATCH p = ANY SHORTEST (b)-[:DEPENDS_ON|SPLICED_FROM]->*(x:Spec)
  WHERE
    // include: node_filter
    AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
    AND (size(w.hashes) = 0 OR x.hash IN w.hashes)
  RETURN nodes(c) + tail(nodes(p)) AS nodes, relationships(c) + relationships(p) AS relationships
  ORDER BY length(p), x.name, x.hash LIMIT $p.limit
}
RETURN collect([hash, place, [n IN nodes | [n.hash, n.name, n.version]],
  [d IN relationships | [d.deptypes, d.virtuals]]]) AS paths
