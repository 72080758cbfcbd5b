// Return which of these specs are stored as roots.
// parameters: hashes
// columns: hashes
// used by: loaders/store/specs.py
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash})
USING INDEX SEEK s:Spec(hash)
WHERE s:Root
RETURN collect(DISTINCT hash) AS hashes
