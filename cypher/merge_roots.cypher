// Mark specs as roots, keep the documents that describe them, and derive what each root
// reaches. The last step of an upload: before it, no reader sees the root.
// parameters: roots, load
// columns: roots
UNWIND $roots AS root
MATCH (s:Spec {hash: root.hash})
SET s:Root
MERGE (d:Document {digest: root.digest})
  ON CREATE SET d += root.properties, d.load = $load
WITH s, d, root
WHERE d.load = $load
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
  MATCH (s)-[old:REACHES]->()
  DELETE old
}
CALL (s, root) {
  UNWIND root.reaches AS reach
  UNWIND reach.hashes AS hash
  MATCH (x:Spec {hash: hash})
  CREATE (s)-[:REACHES {build: reach.build, runtime: reach.runtime}]->(x)
  RETURN count(*) AS reached
}
RETURN collect([root.digest, reached]) AS roots
