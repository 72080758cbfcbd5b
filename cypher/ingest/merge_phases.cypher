// Write the phases of attempts, each with its log.
// parameters: phases
// columns: phases
// used by: loaders/store/attempts.py
UNWIND $p.phases AS row
MATCH (b:Build {uid: row.build})
MERGE (p:Phase {uid: row.uid})
SET p += row.properties
MERGE (b)-[:RAN]->(p)
WITH p, row
CALL (p, row) {
  MATCH (x:Blob {digest: row.text})
  MERGE (p)-[:HAS_TEXT]->(x)
  RETURN count(*) AS texts
}
RETURN count(*) AS phases
