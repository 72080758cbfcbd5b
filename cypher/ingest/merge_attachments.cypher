// Attach small documents to attempts; their texts must be stored.
// parameters: attachments
// columns: attachments
// owns up to: CartesianProduct
// used by: loaders/store/attempts.py
UNWIND $p.attachments AS row
MATCH (b:Build {uid: row.build})
WHERE NOT EXISTS { (b)-[:KEPT {name: row.name}]->(:Blob) }
WITH b, row
MATCH (x:Blob {digest: row.text})
MERGE (b)-[k:KEPT {name: row.name, kind: row.kind}]->(x)
RETURN count(*) AS attachments
