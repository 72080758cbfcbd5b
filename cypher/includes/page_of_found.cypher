// The page `items` of the roots in the list `found`. A long list is not sorted: the index is in order.
CALL (found) {
  CALL (found) {
    UNWIND CASE WHEN $p.limit > 0 AND size(found) <= 8000 THEN found ELSE [] END AS r
    WITH r
    WHERE r.name > $p.name OR (r.name = $p.name AND (r.version_key > $p.version_key
      OR (r.version_key = $p.version_key AND r.uid > $p.uid)))
    WITH r ORDER BY r.name, r.version_key, r.uid LIMIT $p.limit
    RETURN r
    UNION ALL
    MATCH (r:Root)
    WHERE r.name >= CASE WHEN $p.limit > 0 AND size(found) > 8000 THEN $p.name END
      AND r.version_key IS NOT NULL AND r.uid IS NOT NULL
      AND CASE WHEN r.name > $p.name OR r.version_key > $p.version_key THEN true
        ELSE r.version_key = $p.version_key AND r.uid > $p.uid END
      AND r IN found
    WITH r ORDER BY r.name, r.version_key, r.uid LIMIT $p.limit
    RETURN r
  }
  RETURN collect(r {
    // include: root_item
  }) AS items
}
