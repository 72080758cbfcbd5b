// Connect attempts to the environment variables of their builds.
// parameters: variables
// columns: variables
// used by: loaders/store/attempts.py
UNWIND $p.variables AS row
MERGE (v:Variable {digest: row.digest})
  ON CREATE SET v += row.properties
WITH v, row
UNWIND row.builds AS uid
MATCH (b:Build {uid: uid})
MERGE (b)-[:SAW]->(v)
RETURN count(*) AS variables
