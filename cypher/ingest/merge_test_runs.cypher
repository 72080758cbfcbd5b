// Write test runs of installed specs; return how many are new.
// parameters: runs, site, load
// columns: created
// used by: loaders/store/installations.py
MERGE (t:Site {name: $p.site})
WITH t
UNWIND $p.runs AS row
MATCH (s:Spec {hash: row.hash})
MERGE (r:TestRun {uid: row.uid})
  ON CREATE SET r += row.properties, r.load = $p.load
MERGE (r)-[:TESTED]->(s)
MERGE (r)-[:AT]->(t)
WITH r, row
CALL (r, row) {
  MATCH (x:Blob {digest: row.text})
  MERGE (r)-[:HAS_TEXT]->(x)
  RETURN count(*) AS texts
}
RETURN sum(CASE WHEN r.load = $p.load THEN 1 ELSE 0 END) AS created
