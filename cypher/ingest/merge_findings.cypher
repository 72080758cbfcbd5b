// Write the errors and warnings in the logs of phases, each on its diagnostic.
// parameters: findings
// columns: findings
// used by: loaders/store/attempts.py
UNWIND $p.findings AS row
MATCH (p:Phase {uid: row.phase})
MERGE (d:Diagnostic {fingerprint: row.fingerprint})
  ON CREATE SET d.kind = row.kind, d.text = row.normal
CREATE (p)-[r:REPORTED]->(d)
SET r = row.properties
RETURN count(*) AS findings
