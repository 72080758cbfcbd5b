// The contents of these hashes that their hash does not determine.
// parameters: hashes
// columns: uids
// used by: loaders/store/removal/specs.py
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash})
USING INDEX SEEK s:Spec(hash)
WHERE s.uid <> s.hash
RETURN collect(s.uid) AS uids
