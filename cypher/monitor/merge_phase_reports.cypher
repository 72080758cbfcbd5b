// Store phases as a client reported them; their texts must be stored.
// parameters: announcement, reports
// columns: reports
// used by: loaders/monitor/phases.py
MATCH (a:Announcement {uid: $p.announcement})
WITH a
UNWIND $p.reports AS row
MERGE (p:PhaseReport {uid: row.uid})
  ON CREATE SET p.content = row.content
MERGE (a)-[:TOLD]->(p)
WITH p, row
CALL (p, row) {
  MATCH (x:Blob {digest: row.text})
  MERGE (p)-[:HAS_TEXT]->(x)
  RETURN count(*) AS texts
}
RETURN count(*) AS reports
