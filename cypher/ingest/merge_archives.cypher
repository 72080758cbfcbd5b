// Connect attempts to the archives that their sources were fetched from.
// parameters: archives
// columns: archives
// used by: loaders/store/attempts.py
UNWIND $p.archives AS row
MATCH (b:Build {uid: row.build})
MERGE (a:Archive {uid: row.uid})
  ON CREATE SET a += row.properties
MERGE (b)-[:FETCHED]->(a)
RETURN count(*) AS archives
