// Keep the records of some marked specs as claims, to which documents can refer.
// parameters: limit
// columns: changed
// owns up to: NodeByLabelScan, NodeIndexScan, DirectedRelationshipTypeScan
// used by: loaders/store/migrations.py
MATCH (s:Disputed)
WITH s, s.hash + ':' + substring(s.standing, 2) AS uid
WHERE NOT EXISTS { MATCH (:Claim {uid: uid}) }
WITH s, uid LIMIT $p.limit
MERGE (c:Claim {uid: uid})
  ON CREATE SET c.hash = s.hash, c.standing = s.standing, c.verified = s.verified, c.name = s.name,
    c.version = s.version, c.document = s.document, c.load = s.load
RETURN count(*) AS changed
