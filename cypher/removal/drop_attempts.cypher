// Delete attempts with their phases; return how many, and the keys of the nodes that they referred to.
// parameters: uids
// columns: dropped
// used by: loaders/store/removal/attempts.py
UNWIND $p.uids AS uid
MATCH (b:Build {uid: uid})
SET b.uid = b.uid
WITH b, {
  phases: COUNT { (b)-[:RAN]->() },
  findings: COUNT { (b)-[:RAN]->()-[:REPORTED]->() },
  folder: coalesce(b.standing STARTS WITH '0:', false),
  specs: [(b)-[:BUILT|BLAMES]->(s) | s.uid],
  built: head([(b)-[:BUILT]->(s) | s.uid]),
  sites: [(b)-[:AT]->(t) | t.name],
  texts: [(b)-[:RAN]->()-[:HAS_TEXT]->(x) | x.digest] + [(b)-[:KEPT]->(x) | x.digest]
    + [(b)-[:USED]->()-[:HAS_TEXT]->(x) | x.digest],
  diagnostics: [(b)-[:RAN]->()-[:REPORTED]->(d) | d.fingerprint]
    + [(b)-[:FAILED_BY]->(d) | d.fingerprint],
  variables: [(b)-[:SAW]->(v) | v.digest],
  hosts: [(b)-[:IN]->(e) | e.fingerprint],
  recipes: [(b)-[:USED]->(r) | r.uid],
  announcements: [(b)<-[:LED_TO]-(a) | a.uid],
  archives: [(b)-[:FETCHED]->(a) | a.uid]
} AS row
CALL (b) {
  MATCH (b)-[:RAN]->(p:Phase)
  DETACH DELETE p
}
DETACH DELETE b
RETURN collect(row) AS dropped
