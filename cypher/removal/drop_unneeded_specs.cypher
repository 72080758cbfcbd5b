// Delete those of some specs that nothing needs: no root, dependency, build spec, nor anything that
// happened to it. The lock comes first, so that the transaction sees whoever refers to a spec. A
// relationship that appears nevertheless makes the transaction fail, as nothing is detached unseen.
// parameters: uids
// columns: dropped
// used by: loaders/store/removal/specs.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})
SET s.hash = s.hash
WITH s
WHERE NOT s:Root
  AND NOT EXISTS { (s)<-[:DEPENDS_ON|BUILT|BLAMES|OF|OFFERS|LOCKS|TESTED]-() }
  AND NOT EXISTS { (s)<-[r:SPLICED_FROM]-() WHERE r.inferred IS NULL }
WITH s, {
  uid: s.uid, hash: s.hash, name: s.name, version: s.version,
  provided: [(s)-[r:DEPENDS_ON]->(x) WHERE size(r.virtuals) > 0
    | {uid: x.uid, virtuals: r.virtuals}],
  below: [(s)-[:DEPENDS_ON|SPLICED_FROM]->(x) | x.uid],
  virtuals: [(s)-[:PROVIDES]->(v) | v.name],
  roots: [(s)<-[:BUILT_WITH|DEPLOYED_WITH]-(r) | r.uid],
  copies: [(s)<-[r:SPLICED_FROM]-(x) WHERE r.inferred | x.uid],
  files: COUNT { (s)-[:INSTALLED_FILE]->() },
  prefixes: COUNT { (s)-[:INSTALLED_IN]->() },
  libraries: COLLECT { MATCH (s)-[:INSTALLED_IN]->()-[:INSTALLS]->(l) RETURN DISTINCT l.uid }
} AS row
CALL (s) {
  MATCH (s)-[:INSTALLED_FILE]->(a:Artifact)
  DETACH DELETE a
}
CALL (s) {
  MATCH (s)-[:INSTALLED_IN]->(p:Prefix)
  DETACH DELETE p
}
CALL (s) {
  MATCH (s)-[old:DEPENDS_ON|SPLICED_FROM|PROVIDES|BUILT_WITH|DEPLOYED_WITH]->()
  DELETE old
}
FOREACH (r IN [(s)<-[:BUILT_WITH|DEPLOYED_WITH]-(r) | r] | SET r.unsealed = true, r.sealing = null)
WITH s, row
CALL (s) {
  MATCH (s)<-[old:BUILT_WITH|DEPLOYED_WITH|SPLICED_FROM]-()
  DELETE old
}
DELETE s
RETURN collect(row) AS dropped
