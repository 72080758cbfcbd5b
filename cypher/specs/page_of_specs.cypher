// A page of some specs, by name, version and hash, and how many there are.
// parameters: uids, spliced, name, version_key, uid, limit
// columns: total, items
// used by: service/queries/all_specs.py
UNWIND $p.uids AS given
MATCH (s:Spec {uid: given})
WHERE ($p.spliced IS NULL OR s.spliced = $p.spliced)
WITH s ORDER BY s.name, s.version_key, s.uid
WITH collect(s) AS found
RETURN size(found) AS total, [s IN found
  WHERE s.name > $p.name OR (s.name = $p.name AND (s.version_key > $p.version_key
    OR (s.version_key = $p.version_key AND s.uid > $p.uid)))
  | s {.uid, .hash, .name, .version, .version_key, .spliced, .verified}][..$p.limit] AS items
