// Records that claim a hash for which the graph shows another record: a page by name, hash and uid.
// A position in the list has the hash as its `version_key` and the uid as its `hash`.
// parameters: name, version_key, hash, limit
// columns: total, items
// owns up to: NodeByLabelScan, DirectedRelationshipTypeScan
// used by: service/queries/conflicts.py
MATCH (c:Claim)-[:CLAIMS]->(s:Spec)
WHERE c.standing <> s.standing
WITH c, s ORDER BY c.name, c.hash, c.uid
WITH collect({claim: c, shown: s}) AS found
UNWIND [null] + [pair IN found
  WHERE pair.claim.name > $p.name OR (pair.claim.name = $p.name
    AND (pair.claim.hash > $p.version_key
      OR (pair.claim.hash = $p.version_key AND pair.claim.uid > $p.hash)))][..$p.limit] AS pair
WITH size(found) AS total, pair.claim AS c, pair.shown AS s
CALL (c) {
  MATCH (c)<-[:HOLDS]-(d:Document)
  RETURN collect(d.digest) AS documents
}
RETURN total, collect(CASE WHEN c IS NULL THEN null ELSE {
  hash: c.hash, name: c.name, version: c.version, version_key: c.hash, uid: c.uid,
  digest: substring(c.uid, 33), verified: c.verified, shown_verified: s.verified,
  documents: documents
} END) AS items
