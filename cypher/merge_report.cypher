// Keep what a file of a report told, instead of what one of its kind told before.
// parameters: uid, properties, kind, digest, now
// columns: revision
MERGE (r:Report {uid: $uid})
  ON CREATE SET r += $properties, r.revision = 0
SET r.received = $now
WITH r
OPTIONAL MATCH (r)-[k:RECEIVED {kind: $kind}]->(old:Blob)
FOREACH (_ IN CASE WHEN old.digest <> $digest THEN [1] ELSE [] END | DELETE k)
WITH r, coalesce(old.digest = $digest, false) AS same
MATCH (x:Blob {digest: $digest})
MERGE (r)-[:RECEIVED {kind: $kind}]->(x)
SET r.revision = r.revision + CASE WHEN same THEN 0 ELSE 1 END
RETURN r.revision AS revision
