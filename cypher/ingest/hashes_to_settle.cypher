// Return which of these hashes several specs have, so that one may be a copy of another, or are those
// of specs that lost their build spec; in the given order. Also the hashes of such specs that end as
// the hash of a build spec does.
// parameters: hashes
// columns: hashes
// used by: loaders/store/removal/specs.py, loaders/store/settling.py, loaders/store/spec_writes.py
UNWIND range(0, size($p.hashes) - 1) AS place
WITH place, $p.hashes[place] AS hash
CALL (hash) {
  MATCH (s:Spec {hash: hash})
  USING INDEX SEEK s:Spec(hash)
  WITH collect(s) AS specs
  WHERE size(specs) > 1 OR any(s IN specs WHERE s.stripped)
  RETURN hash AS found
  UNION
  MATCH (s:Spec {build_suffix: right(hash, 7)})
  USING INDEX SEEK s:Spec(build_suffix)
  RETURN s.hash AS found
}
WITH found, min(place) AS first ORDER BY first
RETURN collect(found) AS hashes
