// Records that no content shows, because another record of it proves the hash better or because they
// are damaged copies: a page by name, hash and uid.
// A position in the list has the hash as its `version_key` and the uid as its `uid`.
// parameters: name, version_key, uid, limit
// columns: total, items
// owns up to: NodeByLabelScan
// used by: service/queries/conflicts.py
MATCH (c:Claim)
CALL (c) {
  MATCH (s:Spec {hash: c.hash})
  USING INDEX SEEK s:Spec(hash)
  RETURN collect(right(s.standing, 64)) AS records, any(x IN collect(s.verified) WHERE x) AS verified
}
WITH c, records, verified
WHERE NOT right(c.uid, 64) IN records
WITH c, verified ORDER BY c.name, c.hash, c.uid
WITH collect({claim: c, shown: verified}) AS found
UNWIND [null] + [pair IN found
  WHERE pair.claim.name > $p.name OR (pair.claim.name = $p.name
    AND (pair.claim.hash > $p.version_key
      OR (pair.claim.hash = $p.version_key AND pair.claim.uid > $p.uid)))][..$p.limit] AS pair
WITH size(found) AS total, pair.claim AS c, pair.shown AS verified
CALL (c) {
  MATCH (c)<-[:HOLDS]-(d:Document)
  RETURN collect(d.digest) AS documents
}
RETURN total, collect(CASE WHEN c IS NULL THEN null ELSE {
  hash: c.hash, name: c.name, version: c.version, version_key: c.hash, uid: c.uid,
  digest: substring(c.uid, 33), verified: c.verified, shown_verified: verified,
  documents: documents
} END) AS items
