// Tie skipped attempts to the dependency whose failure they blame.
// parameters: culprits
// columns: culprits
UNWIND $culprits AS row
MATCH (b:Build {uid: row.build})
MATCH (s:Spec {hash: row.hash})
MERGE (b)-[:BLAMES]->(s)
RETURN count(*) AS culprits
