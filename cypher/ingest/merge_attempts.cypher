// Write the properties of attempts, each on its spec and at its site.
// parameters: attempts, site
// columns: attempts
// owns up to: CartesianProduct
// used by: loaders/store/attempts.py
MERGE (site:Site {name: $p.site})
WITH site
UNWIND $p.attempts AS row
MATCH (b:Build {uid: row.uid})
WITH site, b, row
// include: spec_of_row
SET b += row.properties
FOREACH (_ IN CASE WHEN EXISTS { (b)-[:BUILT]->() } THEN [] ELSE [1] END |
  CREATE (b)-[:BUILT]->(s))
FOREACH (_ IN CASE WHEN EXISTS { (b)-[:AT]->(:Site) } THEN [] ELSE [1] END |
  MERGE (b)-[:AT]->(site))
RETURN count(*) AS attempts
