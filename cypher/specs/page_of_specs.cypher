// A page of some specs, by name, version and hash, and how many there are.
// parameters: hashes, spliced, name, version_key, hash, limit
// columns: total, items
// used by: service/queries/all_specs.py
UNWIND $p.hashes AS given
MATCH (s:Spec {hash: given})
WHERE ($p.spliced IS NULL OR s.spliced = $p.spliced)
WITH s ORDER BY s.name, s.version_key, s.hash
WITH collect(s) AS found
RETURN size(found) AS total, [s IN found
  WHERE s.name > $p.name OR (s.name = $p.name AND (s.version_key > $p.version_key
    OR (s.version_key = $p.version_key AND s.hash > $p.hash)))
  | s {.hash, .name, .version, .version_key, .spliced, .verified}][..$p.limit] AS items
