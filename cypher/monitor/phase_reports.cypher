// Return phases as a client reported them, each with its text.
// parameters: uids
// columns: reports
// used by: loaders/monitor/phases.py
UNWIND $p.uids AS uid
MATCH (p:PhaseReport {uid: uid})
OPTIONAL MATCH (p)-[:HAS_TEXT]->(x:Blob)
RETURN collect({uid: uid, content: p.content, text: x.data}) AS reports
