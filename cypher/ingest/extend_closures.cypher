// Extend the closure of every root that was built with one of these build specs by the
// dependencies of that build spec. Needed if a build spec is stored later than the root, or is
// named but not contained in the root's document.
// parameters: uids
// columns: roots
// used by: loaders/store/spec_writes.py
UNWIND $p.uids AS uid
MATCH (b:Spec {uid: uid})<-[:BUILT_WITH]-(r:Root)
WITH DISTINCT b, r
MATCH (b)-[:DEPENDS_ON|SPLICED_FROM*1..]->(x:Spec)
WITH DISTINCT r, x
SET r.unsealed = true, r.sealing = null
MERGE (r)-[:BUILT_WITH]->(x)
RETURN count(DISTINCT r) AS roots
