// Tie skipped attempts to the dependency whose failure they blame.
// parameters: culprits
// columns: culprits
// owns up to: CartesianProduct
UNWIND $p.culprits AS row
MATCH (b:Build {uid: row.build})
WHERE NOT EXISTS { (b)-[:BLAMES]->(:Spec) }
WITH b, row
MATCH (s:Spec {hash: row.hash})
MERGE (b)-[:BLAMES]->(s)
RETURN count(*) AS culprits
