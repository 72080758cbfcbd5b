// A page of the roots that were built with one of these specs and are deployed with one of those; hashes, where given, are the only roots to look at.
// parameters: built, deployed, hashes, spliced, name, version_key, hash, limit
// columns: total, items
CALL () {
  UNWIND $built AS wanted
  MATCH (:Spec {hash: wanted})<-[:BUILT_WITH]-(r:Root)
  RETURN collect(DISTINCT r) AS candidates
}
UNWIND $deployed AS wanted
MATCH (:Spec {hash: wanted})<-[:DEPLOYED_WITH]-(s:Root)
WITH DISTINCT s, candidates
WHERE s IN candidates
  AND ($spliced IS NULL OR s.spliced = $spliced) AND ($hashes IS NULL OR s.hash IN $hashes)
WITH s ORDER BY s.name, s.version_key, s.hash
WITH collect(s) AS found
RETURN size(found) AS total, [s IN found
  WHERE s.name > $name OR (s.name = $name AND (s.version_key > $version_key
    OR (s.version_key = $version_key AND s.hash > $hash)))
  | s {.hash, .name, .version, .version_key, .spliced, .verified}][..$limit] AS items
