// Record which specs provide which virtuals. A pair that is recorded already is not written
// again.
// parameters: provided
// columns: provided
// used by: loaders/store/spec_writes.py
UNWIND $p.provided AS entry
MATCH (s:Spec {uid: entry.uid})
WHERE NOT EXISTS { (s)-[:PROVIDES]->(:Virtual {name: entry.virtual}) }
MERGE (v:Virtual {name: entry.virtual})
MERGE (s)-[:PROVIDES]->(v)
RETURN count(*) AS provided
