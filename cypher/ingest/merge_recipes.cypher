// Connect attempts to the package recipes that were kept with them; their texts must be stored.
// parameters: recipes
// columns: recipes
// owns up to: CartesianProduct
// used by: loaders/store/attempts.py
UNWIND $p.recipes AS row
MATCH (b:Build {uid: row.build})
WITH b, row
MATCH (x:Blob {digest: row.text})
MERGE (r:Recipe {uid: row.uid})
  ON CREATE SET r += row.properties
MERGE (r)-[:HAS_TEXT]->(x)
MERGE (b)-[:USED]->(r)
RETURN count(*) AS recipes
