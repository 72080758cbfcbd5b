// Write lines of install manifests, each on its spec.
// parameters: files
// columns: files
UNWIND $p.files AS row
MATCH (s:Spec {hash: row.hash})
MERGE (a:Artifact {uid: row.uid})
  ON CREATE SET a += row.properties
MERGE (s)-[:INSTALLED_FILE]->(a)
RETURN count(*) AS files
