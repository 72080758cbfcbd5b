// Store the content of a file of a report, in place of an earlier file of the same kind.
// parameters: uid, properties, kind, digest, now
// columns: revision
// used by: loaders/pipeline/cdash_uploads.py
MERGE (r:Report {uid: $p.uid})
  ON CREATE SET r += $p.properties, r.revision = 0
SET r.received = $p.now
WITH r
OPTIONAL MATCH (r)-[k:RECEIVED {kind: $p.kind}]->(old:Blob)
FOREACH (_ IN CASE WHEN old.digest <> $p.digest THEN [1] ELSE [] END | DELETE k)
WITH r, coalesce(old.digest = $p.digest, false) AS same
MATCH (x:Blob {digest: $p.digest})
MERGE (r)-[:RECEIVED {kind: $p.kind}]->(x)
SET r.revision = r.revision + CASE WHEN same THEN 0 ELSE 1 END
RETURN r.revision AS revision
