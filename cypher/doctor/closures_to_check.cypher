// Of some specs in the order of their identities: whether each is a root, whether a document
// describes it, and whether the closure edges are those that follow from the other edges.
// parameters: after, limit
// columns: uid, is_root, described, derived
// used by: loaders/doctor/structure.py
MATCH (r:Spec)
WHERE r.uid > $p.after
WITH r ORDER BY r.uid LIMIT $p.limit
WITH r, r:Root AS is_root
CALL (r, is_root) {
  MATCH (r)-[:DEPENDS_ON*0.. {runtime: true}]->(x:Spec)
  WHERE is_root
  WITH DISTINCT x
  RETURN collect(x) AS deployed
}
CALL (r, is_root) {
  MATCH (r)-[:SPLICED_FROM*0..]->(b:Spec)
  WHERE is_root AND NOT EXISTS { (b)-[:SPLICED_FROM]->() } AND (b <> r OR b.stripped IS NULL)
  WITH DISTINCT b
  MATCH (b)-[:DEPENDS_ON|SPLICED_FROM*0..]->(x:Spec)
  WITH DISTINCT x
  RETURN collect(x) AS built
}
CALL (r) {
  MATCH (r)-[:DEPLOYED_WITH]->(x)
  RETURN collect(x) AS stored_deployed
}
CALL (r) {
  MATCH (r)-[:BUILT_WITH]->(x)
  RETURN collect(x) AS stored_built
}
RETURN r.uid AS uid, is_root, EXISTS { (r)<-[:DESCRIBES]-(:Document) } AS described,
  size(deployed) = size(stored_deployed) AND all(x IN deployed WHERE x IN stored_deployed)
  AND size(built) = size(stored_built) AND all(x IN built WHERE x IN stored_built) AS derived
ORDER BY uid
