// Derive from the graph what some roots were built with and are deployed with. Nothing is known of the
// build of a root that lost its build spec; that of a build spec that lost its own is as it says.
// parameters: roots
// columns: edges
// used by: loaders/store/removal/specs.py, loaders/store/settling.py
UNWIND $p.roots AS uid
MATCH (r:Spec {uid: uid})
USING INDEX SEEK r:Spec(uid)
WHERE r:Root
SET r.unsealed = true, r.sealing = null
WITH r
CALL (r) {
  MATCH (r)-[old:BUILT_WITH|DEPLOYED_WITH]->()
  DELETE old
}
CALL (r) {
  MATCH (r)-[:DEPENDS_ON*0.. {runtime: true}]->(x:Spec)
  WITH DISTINCT r, x
  CREATE (r)-[:DEPLOYED_WITH]->(x)
  RETURN count(*) AS deployed
}
CALL (r) {
  MATCH (r)-[:SPLICED_FROM*0..]->(b:Spec)
  WHERE NOT EXISTS { (b)-[:SPLICED_FROM]->() } AND (b <> r OR b.stripped IS NULL)
  WITH DISTINCT r, b
  MATCH (b)-[:DEPENDS_ON|SPLICED_FROM*0..]->(x:Spec)
  WITH DISTINCT r, x
  CREATE (r)-[:BUILT_WITH]->(x)
  RETURN count(*) AS built
}
RETURN sum(deployed + built) AS edges
