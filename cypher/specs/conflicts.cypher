// Records that claim a hash for which the graph shows another one: a page by name, and by hash
// and digest in the place of the version and the hash.
// parameters: name, version_key, hash, limit
// columns: total, items
// owns up to: NodeByLabelScan, DirectedRelationshipTypeScan
MATCH (c:Claim)-[:CLAIMS]->(s:Spec)
WHERE c.standing <> s.standing
WITH c, s ORDER BY c.name, c.hash, c.uid
WITH collect([c, s]) AS found
UNWIND [null] + [pair IN found
  WHERE pair[0].name > $p.name OR (pair[0].name = $p.name AND (pair[0].hash > $p.version_key
    OR (pair[0].hash = $p.version_key AND pair[0].uid > $p.hash)))][..$p.limit] AS pair
WITH size(found) AS total, pair[0] AS c, pair[1] AS s
CALL (c) {
  MATCH (c)<-[:HOLDS]-(d:Document)
  RETURN collect(d.digest) AS documents
}
RETURN total, collect(CASE WHEN c IS NULL THEN null ELSE {
  hash: c.hash, name: c.name, version: c.version, version_key: c.hash, uid: c.uid,
  digest: substring(c.uid, 33), verified: c.verified, shown_verified: s.verified,
  documents: documents
} END) AS items
