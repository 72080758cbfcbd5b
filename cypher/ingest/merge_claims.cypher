// Store records that their hash alone does not determine.
// parameters: claims, load
// columns: claims
// used by: loaders/store/spec_writes.py
UNWIND $p.claims AS claim
MERGE (c:Claim {uid: claim.uid})
  ON CREATE SET c += claim.properties, c.load = $p.load
RETURN count(*) AS claims
