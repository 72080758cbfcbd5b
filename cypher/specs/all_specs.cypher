// A page of all specs except some, by name, version and hash, after the last one seen. Stubs are
// left out.
// parameters: excluded, spliced, name, version_key, uid, limit
// columns: items
// used by: service/queries/all_specs.py
MATCH (s:Spec)
WHERE s.name >= $p.name AND s.version_key IS NOT NULL AND s.standing IS NOT NULL
  AND CASE WHEN s.name > $p.name OR s.version_key > $p.version_key THEN true
    ELSE s.version_key = $p.version_key AND s.uid > $p.uid END
  AND NOT s.uid IN $p.excluded
  AND ($p.spliced IS NULL OR s.spliced = $p.spliced)
WITH s ORDER BY s.name, s.version_key, s.uid LIMIT $p.limit
RETURN collect(s {.uid, .hash, .name, .version, .version_key, .spliced, .verified}) AS items
