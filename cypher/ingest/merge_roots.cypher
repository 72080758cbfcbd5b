// Mark specs as roots, store the documents that describe them, and derive what each root was
// built with and is deployed with. This is the last step of an upload: no reader sees the root
// before it. A row is missing from the answer only if its spec is.
// parameters: roots, load
// columns: roots
// used by: loaders/store/spec_writes.py
UNWIND $p.roots AS root
MATCH (s:Spec {uid: root.uid})
SET s:Root, s.unsealed = true, s.sealing = null
MERGE (d:Document {digest: root.digest})
  ON CREATE SET d.load = $p.load
WITH s, d, root, d.load = $p.load OR d.standing IS NULL AS fresh
FOREACH (_ IN CASE WHEN fresh THEN [1] ELSE [] END |
  SET d += root.properties, d.load = $p.load
  MERGE (d)-[:DESCRIBES]->(s))
WITH s, d, root, fresh
CALL (d, root, fresh) {
  UNWIND CASE WHEN fresh THEN root.claims ELSE [] END AS uid
  MATCH (c:Claim {uid: uid})
  MERGE (d)-[:HOLDS]->(c)
  RETURN count(*) AS claims
}
CALL (s) {
  MATCH (s)<-[:DESCRIBES]-(other:Document)
  RETURN min(other.standing) AS best
}
WITH s, root, fresh, claims, fresh AND best = root.properties.standing AS shown
CALL (s, shown) {
  WITH s WHERE shown
  MATCH (s)-[old:BUILT_WITH|DEPLOYED_WITH]->()
  DELETE old
}
CALL (s, root, shown) {
  UNWIND CASE WHEN shown THEN root.both ELSE [] END AS uid
  MATCH (x:Spec {uid: uid})
  CREATE (s)-[:BUILT_WITH]->(x), (s)-[:DEPLOYED_WITH]->(x)
  RETURN count(*) AS both
}
CALL (s, root, shown) {
  UNWIND CASE WHEN shown THEN root.built ELSE [] END AS uid
  MATCH (x:Spec {uid: uid})
  CREATE (s)-[:BUILT_WITH]->(x)
  RETURN count(*) AS built
}
CALL (s, root, shown) {
  UNWIND CASE WHEN shown THEN root.deployed ELSE [] END AS uid
  MATCH (x:Spec {uid: uid})
  CREATE (s)-[:DEPLOYED_WITH]->(x)
  RETURN count(*) AS deployed
}
RETURN collect({
  digest: root.digest, fresh: fresh, shown: shown, claims: claims,
  edges: 2 * both + built + deployed
}) AS roots
