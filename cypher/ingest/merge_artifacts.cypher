// Write entries of install manifests, each on its spec.
// parameters: files
// columns: files
// used by: loaders/store/attempts.py
UNWIND $p.files AS row
// include: spec_of_row
MERGE (a:Artifact {uid: row.uid})
  ON CREATE SET a += row.properties
FOREACH (_ IN CASE WHEN EXISTS { ()-[:INSTALLED_FILE]->(a) } THEN [] ELSE [1] END |
  CREATE (s)-[:INSTALLED_FILE]->(a))
RETURN count(*) AS files
