// The contents of some hashes, the one that is shown for its hash first.
// parameters: hashes
// columns: hash, uids
// used by: service/queries/selection.py
UNWIND $p.hashes AS hash
CALL (hash) {
  MATCH (s:Spec {hash: hash})
  USING INDEX SEEK s:Spec(hash)
  WITH s
  ORDER BY
    // include: content_order
  RETURN collect(s.uid) AS uids
}
RETURN hash, uids
