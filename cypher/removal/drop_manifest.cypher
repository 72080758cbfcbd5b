// Delete a part of the files of a spec, unless an attempt of an install folder is left that brought them;
// return how many.
// parameters: uid, limit
// columns: dropped
// used by: loaders/store/removal/attempts.py
MATCH (s:Spec {uid: $p.uid})
SET s.hash = s.hash
WITH s
WHERE NOT EXISTS { (s)<-[:BUILT]-(b:Build) WHERE b.standing STARTS WITH '0:' }
REMOVE s.on_disk
WITH s
MATCH (s)-[:INSTALLED_FILE]->(a:Artifact)
WITH a LIMIT $p.limit
DETACH DELETE a
RETURN count(*) AS dropped
