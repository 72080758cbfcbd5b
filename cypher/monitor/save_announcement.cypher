// Write the properties of an announcement, and the attempts that it led to. It is of the content that is
// shown for its hash now, and no longer of the one that was shown before.
// parameters: uid, hash, properties, builds
// columns: builds
// owns up to: CartesianProduct
// used by: loaders/monitor/announcements.py, loaders/monitor/locked_build.py
MATCH (a:Announcement {uid: $p.uid})
WITH a
CALL () {
  MATCH (s:Spec {hash: $p.hash})
  USING INDEX SEEK s:Spec(hash)
  RETURN s
  ORDER BY
    // include: content_order
  LIMIT 1
}
SET a += $p.properties
WITH a, s
CALL (a, s) {
  MATCH (a)-[old:OF]->(other:Spec)
  WHERE other <> s
  DELETE old
}
MERGE (a)-[:OF]->(s)
WITH a
CALL (a) {
  UNWIND $p.builds AS uid
  MATCH (b:Build {uid: uid})
  MERGE (a)-[:LED_TO]->(b)
  RETURN count(*) AS builds
}
RETURN builds
