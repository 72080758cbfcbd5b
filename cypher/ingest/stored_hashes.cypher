// Return which of these hashes a spec has that is more than a stub.
// parameters: hashes
// columns: hashes
// used by: loaders/store/specs.py
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash})
USING INDEX SEEK s:Spec(hash)
WHERE s.standing IS NOT NULL
RETURN collect(DISTINCT hash) AS hashes
