// Return those of some hashes that name a stored spec, by any of its hashes. A stub does not count,
// unless it is the build spec of a stored spec.
// parameters: hashes
// columns: hashes
// used by: loaders/store/specs.py
UNWIND $p.hashes AS hash
WITH hash
WHERE EXISTS {
    MATCH (s:Spec {hash: hash})
    USING INDEX SEEK s:Spec(hash)
    WHERE s.standing IS NOT NULL OR EXISTS { (s)<-[:SPLICED_FROM]-() }
  }
  OR EXISTS { MATCH (s:Spec {full_hash: hash}) }
  OR EXISTS { MATCH (s:Spec {build_hash: hash}) }
  OR EXISTS { MATCH (s:Spec {runtime_hash: hash}) }
RETURN collect(hash) AS hashes
