// Keep which specs were seen to provide which virtuals; what is known is not written again.
// parameters: provided
// columns: provided
UNWIND $p.provided AS entry
MATCH (s:Spec {hash: entry.hash})
WHERE NOT EXISTS { (s)-[:PROVIDES]->(:Virtual {name: entry.virtual}) }
MERGE (v:Virtual {name: entry.virtual})
MERGE (s)-[:PROVIDES]->(v)
RETURN count(*) AS provided
