// Return which of these specs are stored as roots.
// parameters: hashes
// columns: hashes
// used by: loaders/store/specs.py
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash}) WHERE s:Root
RETURN collect(s.hash) AS hashes
