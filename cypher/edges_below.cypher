// The edges of everything that these roots reach, to tell by which path a root reaches a node.
// parameters: hashes
// columns: nodes
UNWIND $hashes AS hash
MATCH (:Spec {hash: hash})-[:BUILT_WITH|DEPLOYED_WITH]->(a:Spec)
WITH DISTINCT a
CALL (a) {
  MATCH (a)-[d:DEPENDS_ON|SPLICED_FROM]->(b:Spec)
  RETURN collect([b.hash, d.deptypes, d.virtuals, d.runtime]) AS below
}
RETURN collect([a.hash, a.name, a.version, below]) AS nodes
