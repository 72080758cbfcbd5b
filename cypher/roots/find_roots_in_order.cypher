// As find_roots, for no clauses at all, from the index in order. It plans several times as fast.
// parameters: spliced, below_hash, low, high, from_name, from_key, from_uid, bound, most, name, version_key, uid, limit
// columns: total, items
// used by: service/queries/root_statements.py
MATCH (r:Root)
WHERE r.name >= $p.low AND r.name <= $p.high AND r.version_key IS NOT NULL AND r.uid IS NOT NULL
  AND CASE WHEN r.name > $p.from_name OR r.version_key > $p.from_key THEN true
    ELSE r.version_key = $p.from_key AND r.uid > $p.from_uid END
WITH r ORDER BY r.name, r.version_key, r.uid LIMIT $p.bound
WITH r
WHERE ($p.spliced IS NULL OR r.spliced = $p.spliced) AND ($p.below_hash IS NULL OR r.hash < $p.below_hash)
WITH r ORDER BY r.name, r.version_key, r.uid LIMIT $p.most
WITH collect(r) AS found
// include: page_of_ordered
