// Let an environment lock the contents that its lockfile described.
// parameters: rows, lockfile
// columns: placed
// owns up to: CartesianProduct
// used by: loaders/store/placements.py
UNWIND $p.rows AS row
MATCH (s:Spec {uid: row.uid})
WITH s, row
MATCH (o:Spec {hash: row.hash})<-[old:LOCKS]-(l:Lockfile {uid: $p.lockfile})
USING INDEX SEEK o:Spec(hash)
WHERE o <> s
CREATE (l)-[new:LOCKS]->(s)
SET new = properties(old)
DELETE old
RETURN count(*) AS placed
