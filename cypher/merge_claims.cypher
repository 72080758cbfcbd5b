// Keep records that are not proven by their hash alone.
// parameters: claims, load
// columns: claims
UNWIND $claims AS claim
MERGE (c:Claim {uid: claim.uid})
  ON CREATE SET c += claim.properties, c.load = $load
WITH c, claim
MATCH (s:Spec {hash: claim.properties.hash})
MERGE (c)-[:CLAIMS]->(s)
RETURN count(*) AS claims
