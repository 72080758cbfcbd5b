// Which of these specs are stored as roots: somebody asked for them, or loaded them as such.
// parameters: hashes
// columns: hashes
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash}) WHERE s:Root
RETURN collect(s.hash) AS hashes
