// Tie attempts to what their sources were fetched from.
// parameters: archives
// columns: archives
UNWIND $p.archives AS row
MATCH (b:Build {uid: row.build})
MERGE (a:Archive {uid: row.uid})
  ON CREATE SET a += row.properties
MERGE (b)-[:FETCHED]->(a)
RETURN count(*) AS archives
