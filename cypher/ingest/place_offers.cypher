// Let a build cache offer the contents that it described.
// parameters: rows, mirror
// columns: placed
// owns up to: CartesianProduct
// used by: loaders/store/placements.py
UNWIND $p.rows AS row
MATCH (s:Spec {uid: row.uid})
WITH s, row
MATCH (o:Spec {hash: row.hash})<-[old:OFFERS]-(m:Mirror {name: $p.mirror})
USING INDEX SEEK o:Spec(hash)
WHERE o <> s
MERGE (m)-[new:OFFERS]->(s)
SET new = properties(old)
DELETE old
RETURN count(*) AS placed
