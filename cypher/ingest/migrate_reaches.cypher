// Turn some of the closure edges of older databases into those of today; again until none is left.
// parameters: limit
// columns: migrated
// owns up to: DirectedRelationshipTypeScan
MATCH (r:Root)-[old:REACHES]->(x:Spec)
WITH r, old, x LIMIT $p.limit
FOREACH (_ IN CASE WHEN old.build THEN [1] ELSE [] END | CREATE (r)-[:BUILT_WITH]->(x))
FOREACH (_ IN CASE WHEN old.runtime THEN [1] ELSE [] END | CREATE (r)-[:DEPLOYED_WITH]->(x))
DELETE old
RETURN count(*) AS migrated
