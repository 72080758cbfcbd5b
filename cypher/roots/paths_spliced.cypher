// For each of these specs the build specs on its chain that fit what is wanted, with the way to
// them.
// parameters: hashes, wanted, limit
// columns: paths
// owns up to: VarLengthExpand(All)
UNWIND $p.hashes AS hash
MATCH (r:Spec {hash: hash})
UNWIND range(0, size($p.wanted) - 1) AS place
WITH r, hash, place, $p.wanted[place] AS w
CALL (r, w) {
  MATCH p = (r)-[:SPLICED_FROM*1..]->(x:Spec)
  WHERE
    // include: node_filter
    AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
    AND (size(w.hashes) = 0 OR x.hash IN w.hashes)
  RETURN nodes(p) AS nodes, relationships(p) AS relationships
  ORDER BY length(p), x.name, x.hash LIMIT $p.limit
}
RETURN collect([hash, place, [n IN nodes | [n.hash, n.name, n.version]],
  [d IN relationships | [d.deptypes, d.virtuals]]]) AS paths
