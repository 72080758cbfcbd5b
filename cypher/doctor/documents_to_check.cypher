// Some documents in the order of their digests, with the digests of the records that they consist
// of, empty where one is missing, and whether a spec shows other hashes, which its own does not cover.
// parameters: after, limit
// columns: digest, spec_format, envelope, records, other_hashes, roots
// used by: loaders/doctor/records.py
MATCH (d:Document)
WHERE d.digest > $p.after
WITH d ORDER BY d.digest LIMIT $p.limit
CALL (d) {
  UNWIND range(0, size(d.records) - 1) AS place
  WITH place, d.records[place] AS reference
  CALL (reference) {
    MATCH (s:Spec {hash: CASE WHEN size(reference) = 32 THEN reference END})
    USING INDEX SEEK s:Spec(hash)
    WHERE s.standing STARTS WITH '0:'
    RETURN collect(replace(substring(s.standing, 2), '~', '')) AS found,
      collect(s.document CONTAINS '"full_hash"' OR s.document CONTAINS '"build_hash"') AS others
  }
  CALL (reference) {
    MATCH (c:Claim {uid: CASE WHEN size(reference) > 32 THEN reference END})
    RETURN collect(substring(c.uid, 33)) AS claimed
  }
  WITH place, (found + claimed)[0] AS record, true IN others AS other
  ORDER BY place
  RETURN collect(coalesce(record, '')) AS records, true IN collect(other) AS other_hashes
}
RETURN d.digest AS digest, d.spec_format AS spec_format, d.envelope AS envelope, records, other_hashes,
  COUNT { (d)-[:DESCRIBES]->(:Root) } AS roots
ORDER BY digest
