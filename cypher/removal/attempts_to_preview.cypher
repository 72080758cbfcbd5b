// Attempts with the number of their phases and findings, and the specs that they built.
// parameters: uids
// columns: attempts
// used by: loaders/store/removal/preview.py
UNWIND $p.uids AS uid
MATCH (b:Build {uid: uid})
RETURN collect({
  uid: b.uid, name: b.name, version: b.version, status: b.status,
  phases: COUNT { (b)-[:RAN]->() },
  site: head([(b)-[:AT]->(t) | t.name]),
  specs: [(b)-[:BUILT|BLAMES]->(s) | s.uid]
}) AS attempts
