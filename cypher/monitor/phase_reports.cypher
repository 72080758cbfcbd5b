// Phases as a client told of them, each with its text.
// parameters: uids
// columns: reports
UNWIND $p.uids AS uid
MATCH (p:PhaseReport {uid: uid})
OPTIONAL MATCH (p)-[:HAS_TEXT]->(x:Blob)
RETURN collect([uid, p.content, x.data]) AS reports
