// As edges_below, for specs that may be no roots: by the graph's edges, build specs included.
// parameters: hashes
// columns: nodes
UNWIND $hashes AS hash
MATCH (s:Spec {hash: hash})-[:DEPENDS_ON|SPLICED_FROM*0..]->(a:Spec)
WITH DISTINCT a
CALL (a) {
  MATCH (a)-[d:DEPENDS_ON|SPLICED_FROM]->(b:Spec)
  RETURN collect([b.hash, d.deptypes, d.virtuals, d.runtime]) AS below
}
RETURN collect([a.hash, a.name, a.version, below]) AS nodes
