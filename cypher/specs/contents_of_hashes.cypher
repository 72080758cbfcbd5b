// How many contents each of some hashes has.
// parameters: hashes
// columns: counts
// used by: service/queries/contents.py
UNWIND $p.hashes AS hash
RETURN collect({hash: hash, contents: COUNT { MATCH (s:Spec {hash: hash}) WHERE s.standing IS NOT NULL }})
  AS counts
