// A page of these specs, by name, version and hash, and how many they are.
// parameters: hashes, spliced, name, version_key, hash, limit
// columns: total, items
UNWIND $p.hashes AS wanted
MATCH (s:Spec {hash: wanted})
WHERE ($p.spliced IS NULL OR s.spliced = $p.spliced)
WITH s ORDER BY s.name, s.version_key, s.hash
WITH collect(s) AS found
RETURN size(found) AS total, [s IN found
  WHERE s.name > $p.name OR (s.name = $p.name AND (s.version_key > $p.version_key
    OR (s.version_key = $p.version_key AND s.hash > $p.hash)))
  | s {.hash, .name, .version, .version_key, .spliced, .verified}][..$p.limit] AS items
