// Connect attempts to the hosts on which they ran.
// parameters: hosts
// columns: hosts
// used by: loaders/store/attempts.py
UNWIND $p.hosts AS row
MATCH (b:Build {uid: row.build})
WHERE NOT EXISTS { (b)-[:IN]->(:Environment) }
MERGE (e:Environment {fingerprint: row.fingerprint})
  ON CREATE SET e += row.properties
MERGE (b)-[:IN]->(e)
RETURN count(*) AS hosts
