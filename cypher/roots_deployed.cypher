// A page of the roots that are deployed with one of these specs; hashes, where given, are the only roots to look at.
// parameters: deployed, hashes, spliced, name, version_key, hash, limit
// columns: total, items
UNWIND $deployed AS wanted
MATCH (:Spec {hash: wanted})<-[:DEPLOYED_WITH]-(s:Root)
WITH DISTINCT s
WHERE ($spliced IS NULL OR s.spliced = $spliced) AND ($hashes IS NULL OR s.hash IN $hashes)
WITH s ORDER BY s.name, s.version_key, s.hash
WITH collect(s) AS found
RETURN size(found) AS total, [s IN found
  WHERE s.name > $name OR (s.name = $name AND (s.version_key > $version_key
    OR (s.version_key = $version_key AND s.hash > $hash)))
  | s {.hash, .name, .version, .version_key, .spliced, .verified}][..$limit] AS items
