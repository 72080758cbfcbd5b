// Remember which specs a build cache offers.
// parameters: mirror, hashes
// columns: offered
MERGE (m:Mirror {name: $mirror})
WITH m
UNWIND $hashes AS hash
MATCH (s:Spec {hash: hash})
WHERE NOT EXISTS { (m)-[:OFFERS]->(s) }
MERGE (m)-[:OFFERS]->(s)
RETURN count(*) AS offered
