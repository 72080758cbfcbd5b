// Move to the original the relationships of some types that lead to its copy, unless the same leads
// to the original already.
// parameters: copy, original, types
// columns: moved
// owns up to: CartesianProduct
// used by: loaders/store/settling.py
MATCH (c:Spec {uid: $p.copy})<-[old]-(x)
USING INDEX SEEK c:Spec(uid)
WHERE type(old) IN $p.types
WITH old, x, type(old) = 'DESCRIBES' AS described
MATCH (o:Spec {uid: $p.original})
USING INDEX SEEK o:Spec(uid)
FOREACH (_ IN CASE WHEN described THEN [1] ELSE [] END | SET o:Root, o.unsealed = true, o.sealing = null)
WITH old, x, o, type(old) IN [(x)-[other]->(o) | type(other)] AS there
CALL (old, x, o, there) {
  WITH old, x, o WHERE NOT there
  CREATE (x)-[moved:$(type(old))]->(o)
  SET moved = properties(old)
}
DELETE old
RETURN count(*) AS moved
