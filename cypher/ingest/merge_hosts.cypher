// Tie attempts to the hosts that they were made on.
// parameters: hosts
// columns: hosts
UNWIND $p.hosts AS row
MATCH (b:Build {uid: row.build})
WHERE NOT EXISTS { (b)-[:IN]->(:Environment) }
MERGE (e:Environment {fingerprint: row.fingerprint})
  ON CREATE SET e += row.properties
MERGE (b)-[:IN]->(e)
RETURN count(*) AS hosts
