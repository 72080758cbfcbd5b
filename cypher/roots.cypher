// A page of roots by name, version and hash, after the last one seen.
// parameters: spliced, name, version_key, hash, limit
// columns: items
MATCH (r:Root)
WHERE r.name >= $name AND r.version_key IS NOT NULL AND r.hash IS NOT NULL
  AND (r.name > $name OR r.version_key > $version_key
    OR (r.version_key = $version_key AND r.hash > $hash))
  AND ($spliced IS NULL OR r.spliced = $spliced)
WITH r ORDER BY r.name, r.version_key, r.hash LIMIT $limit
RETURN collect(r {.hash, .name, .version, .version_key, .spliced, .verified}) AS items
