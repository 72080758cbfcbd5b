// As find_roots, for no clauses at all, from the index in order. It plans several times as fast.
// parameters: spliced, below_hash, low, high, from_name, from_key, from_uid, bound, most, name, version_key, uid, limit
// columns: total, items
// used by: service/queries/root_statements.py
CALL () {
  // include: roots_in_order
}
WITH r
WHERE ($p.spliced IS NULL OR r.spliced = $p.spliced) AND ($p.below_hash IS NULL OR r.hash < $p.below_hash)
WITH r ORDER BY r.name, r.version_key, r.uid LIMIT $p.most
WITH collect(r) AS found
// include: page_of_ordered
