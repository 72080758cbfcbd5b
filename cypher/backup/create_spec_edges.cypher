// Create relationships between specs, which are most of all; return how many.
// parameters: rows
// columns: created
// owns up to: CartesianProduct
// used by: loaders/backup/restore.py
UNWIND $p.rows AS row
MATCH (a:Spec {uid: row.start})
MATCH (b:Spec {uid: row.end})
CREATE (a)-[r:$(row.type)]->(b)
SET r = row.properties
RETURN count(r) AS created
