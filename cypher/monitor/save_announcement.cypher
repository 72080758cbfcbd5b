// Keep what is known of an announcement, and which attempts it led to.
// parameters: uid, hash, properties, builds
// columns: builds
// owns up to: CartesianProduct
MATCH (a:Announcement {uid: $p.uid})
WITH a
MATCH (s:Spec {hash: $p.hash})
SET a += $p.properties
MERGE (a)-[:OF]->(s)
WITH a
CALL (a) {
  UNWIND $p.builds AS uid
  MATCH (b:Build {uid: uid})
  MERGE (a)-[:LED_TO]->(b)
  RETURN count(*) AS builds
}
RETURN builds
