// Delete those of some announcements whose attempts are all gone, with their phase reports; return their
// specs and texts.
// parameters: uids
// columns: dropped
// used by: loaders/store/removal/attempts.py
UNWIND $p.uids AS uid
MATCH (a:Announcement {uid: uid})
SET a.uid = a.uid
WITH a
WHERE NOT EXISTS { (a)-[:LED_TO]->() }
WITH a, {
  specs: [(a)-[:OF]->(s) | s.uid], texts: [(a)-[:TOLD]->()-[:HAS_TEXT]->(x) | x.digest]
} AS row
CALL (a) {
  MATCH (a)-[:TOLD]->(p:PhaseReport)
  DETACH DELETE p
}
DETACH DELETE a
RETURN collect(row) AS dropped
