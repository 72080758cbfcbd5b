// Mark specs as roots, store the documents that describe them, and derive what each root was
// built with and is deployed with. This is the last step of an upload: no reader sees the root
// before it.
// parameters: roots, load
// columns: roots
// used by: loaders/store/spec_writes.py
UNWIND $p.roots AS root
MATCH (s:Spec {uid: root.uid})
SET s:Root
MERGE (d:Document {digest: root.digest})
  ON CREATE SET d.load = $p.load
WITH s, d, root
WHERE d.load = $p.load OR d.standing IS NULL
SET d += root.properties, d.load = $p.load
WITH s, d, root
MERGE (d)-[:DESCRIBES]->(s)
WITH s, d, root
CALL (d, root) {
  UNWIND root.claims AS uid
  MATCH (c:Claim {uid: uid})
  MERGE (d)-[:HOLDS]->(c)
  RETURN count(*) AS claims
}
CALL (s) {
  MATCH (s)<-[:DESCRIBES]-(other:Document)
  RETURN min(other.standing) AS best
}
WITH s, root, best
WHERE best = root.properties.standing
CALL (s) {
  MATCH (s)-[old:BUILT_WITH|DEPLOYED_WITH]->()
  DELETE old
}
CALL (s, root) {
  UNWIND root.both AS uid
  MATCH (x:Spec {uid: uid})
  CREATE (s)-[:BUILT_WITH]->(x), (s)-[:DEPLOYED_WITH]->(x)
  RETURN count(*) AS both
}
CALL (s, root) {
  UNWIND root.built AS uid
  MATCH (x:Spec {uid: uid})
  CREATE (s)-[:BUILT_WITH]->(x)
  RETURN count(*) AS built
}
CALL (s, root) {
  UNWIND root.deployed AS uid
  MATCH (x:Spec {uid: uid})
  CREATE (s)-[:DEPLOYED_WITH]->(x)
  RETURN count(*) AS deployed
}
RETURN collect({digest: root.digest, edges: 2 * both + built + deployed}) AS roots
