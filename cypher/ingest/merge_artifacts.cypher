// Write entries of install manifests, each on its spec.
// parameters: files
// columns: files
// used by: loaders/store/attempts.py
UNWIND $p.files AS row
MATCH (s:Spec {hash: row.hash})
MERGE (a:Artifact {uid: row.uid})
  ON CREATE SET a += row.properties
MERGE (s)-[:INSTALLED_FILE]->(a)
RETURN count(*) AS files
