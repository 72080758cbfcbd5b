// A page of these specs, by name, version and hash, and how many they are.
// parameters: hashes, spliced, name, version_key, hash, limit
// columns: total, items
UNWIND $hashes AS wanted
MATCH (s:Spec {hash: wanted})
WHERE ($spliced IS NULL OR s.spliced = $spliced)
WITH s ORDER BY s.name, s.version_key, s.hash
WITH collect(s) AS found
RETURN size(found) AS total, [s IN found
  WHERE s.name > $name OR (s.name = $name AND (s.version_key > $version_key
    OR (s.version_key = $version_key AND s.hash > $hash)))
  | s {.hash, .name, .version, .version_key, .spliced, .verified}][..$limit] AS items
