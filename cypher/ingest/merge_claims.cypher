// Store records that are not proven by their hash alone.
// parameters: claims, load
// columns: claims
// used by: loaders/store/spec_writes.py
UNWIND $p.claims AS claim
MERGE (c:Claim {uid: claim.uid})
  ON CREATE SET c += claim.properties, c.load = $p.load
WITH c, claim
MATCH (s:Spec {hash: claim.properties.hash})
MERGE (c)-[:CLAIMS]->(s)
RETURN count(*) AS claims
