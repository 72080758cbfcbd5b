// For each of these specs the nearest nodes that it is deployed with and that fit what is wanted,
// with a shortest path by run-time edges.
// parameters: hashes, wanted, limit
// columns: paths
UNWIND $p.hashes AS hash
MATCH (r:Spec {hash: hash})
UNWIND range(0, size($p.wanted) - 1) AS place
WITH r, hash, place, $p.wanted[place] AS w
CALL (r, w) {
  MATCH p = ANY SHORTEST (r)-[:DEPENDS_ON {runtime: true}]->*(x:Spec)
  WHERE
    // include: node_filter
    AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
    AND (size(w.hashes) = 0 OR x.hash IN w.hashes)
  RETURN nodes(p) AS nodes, relationships(p) AS relationships
  ORDER BY length(p), x.name, x.hash LIMIT $p.limit
}
RETURN collect([hash, place, [n IN nodes | [n.hash, n.name, n.version]],
  [d IN relationships | [d.deptypes, d.virtuals]]]) AS paths
