// A page of all attempts with any of some statuses, newest first, and their number, counted no
// further than `most`.
// parameters: statuses, phase, site, since, until, before, limit, most
// columns: total, items
// owns up to: CartesianProduct
// used by: service/queries/attempts.py
CALL () {
  UNWIND $p.statuses AS status
  // The index on status and time yields the attempts of one status in order, and so reads no more
  // than a page of each, if both of its properties are ordered by.
  CALL (status) {
    MATCH (b:Build)
    WHERE b.status = status AND b.sort_key < $p.before AND
      // include: attempt_filter
    WITH b ORDER BY b.status DESC, b.sort_key DESC LIMIT $p.limit
    RETURN b
  }
  WITH b ORDER BY b.sort_key DESC LIMIT $p.limit
  RETURN collect(b {
    // include: attempt_item
  }) AS items
}
CALL () {
  UNWIND $p.statuses AS status
  MATCH (b:Build)
  WHERE b.status = status AND
    // include: attempt_filter
  WITH b LIMIT $p.most
  RETURN count(*) AS total
}
RETURN total, items
