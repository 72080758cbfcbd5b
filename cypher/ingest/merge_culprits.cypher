// Connect skipped attempts to the dependency whose failure caused them.
// parameters: culprits
// columns: culprits
// owns up to: CartesianProduct
// used by: loaders/store/attempts.py
UNWIND $p.culprits AS row
MATCH (b:Build {uid: row.build})
WHERE NOT EXISTS { (b)-[:BLAMES]->(:Spec) }
WITH b, row
// include: spec_of_row
MERGE (b)-[:BLAMES]->(s)
RETURN count(*) AS culprits
