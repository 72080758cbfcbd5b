// Roots `r` in the order of the answer, from a position on and within a range of names.
MATCH (r:Root)
WHERE r.name >= $p.low AND r.name <= $p.high AND r.version_key IS NOT NULL AND r.uid IS NOT NULL
  AND CASE WHEN r.name > $p.from_name OR r.version_key > $p.from_key THEN true
    ELSE r.version_key = $p.from_key AND r.uid > $p.from_uid END
WITH r ORDER BY r.name, r.version_key, r.uid LIMIT $p.bound
RETURN r
