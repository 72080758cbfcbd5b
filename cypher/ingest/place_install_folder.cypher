// Note that a content was read from an install folder, and let the attempts and the files of that
// folder be its own.
// parameters: uid, hash, builds
// columns: placed
// used by: loaders/store/placements.py
MATCH (s:Spec {uid: $p.uid})
SET s.on_disk = true
WITH s
CALL (s) {
  UNWIND $p.builds AS build
  MATCH (o:Spec {hash: $p.hash})<-[old:BUILT]-(b:Build {uid: build})
  USING INDEX SEEK o:Spec(hash)
  WHERE o <> s
  CREATE (b)-[:BUILT]->(s)
  DELETE old
  RETURN count(*) AS moved
}
CALL (s) {
  MATCH (o:Spec {hash: $p.hash})-[old:INSTALLED_FILE]->(a:Artifact)
  USING INDEX SEEK o:Spec(hash)
  WHERE o <> s
  MERGE (s)-[:INSTALLED_FILE]->(a)
  DELETE old
  RETURN count(*) AS files
}
RETURN moved + files AS placed
