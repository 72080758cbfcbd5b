// Replace some of the closure edges of older databases by those of today. Repeat it until none
// is left.
// parameters: limit
// columns: migrated
// owns up to: DirectedRelationshipTypeScan
// used by: loaders/store/migrations.py
MATCH (r:Root)-[old:REACHES]->(x:Spec)
WITH r, old, x LIMIT $p.limit
FOREACH (_ IN CASE WHEN old.build THEN [1] ELSE [] END | CREATE (r)-[:BUILT_WITH]->(x))
FOREACH (_ IN CASE WHEN old.runtime THEN [1] ELSE [] END | CREATE (r)-[:DEPLOYED_WITH]->(x))
DELETE old
RETURN count(*) AS migrated
