// Let the installations that an index of a store listed be of the contents that it described, and
// note when these were installed last.
// parameters: rows, store, as_of
// columns: placed
// owns up to: CartesianProduct
// used by: loaders/store/placements.py
UNWIND $p.rows AS row
MATCH (s:Spec {uid: row.uid})
WITH s, row
MATCH (o:Spec {hash: row.hash})<-[old:OF]-(i:Installation)-[:IN]->(:Store {uid: $p.store})
USING INDEX SEEK o:Spec(hash)
WHERE i.last_told = $p.as_of
SET s.installed_at = CASE WHEN i.installed AND i.installed_at > coalesce(s.installed_at, 0.0)
  THEN i.installed_at ELSE s.installed_at END
WITH s, o, i, old
WHERE o <> s
CREATE (i)-[:OF]->(s)
DELETE old
RETURN count(*) AS placed
