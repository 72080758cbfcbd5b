// A page of the roots that satisfy every clause, by name, version and hash, and how many were found.
// A clause holds if one of its literals does. A literal holds if a node on its side of the root is in
// its set and passes its filter; a negated one if no node does. Roots come from the index in order,
// from name `low` to `high`, at most `bound` of them, until `most` were found; and, if there are
// drivers, from these: the roots that the sets of every driver lead to. Hashes are spread evenly, so
// the roots below `below_hash` are a fair sample.
// parameters: sets, clauses, drivers, spliced, below_hash, low, high, from_name, from_key, from_uid, bound, most, name, version_key, uid, limit
// columns: total, items
// used by: service/queries/root_statements.py
CALL () {
  UNWIND range(0, size($p.sets) - 1) AS place
  WITH place, $p.sets[place] AS w
  CALL (w) {
    CALL (w) {
      // include: nodes_of_set
    }
    WITH w, x
    WHERE w.plain OR (
      // include: node_filter
    )
    RETURN collect(x) AS nodes
  }
  WITH place, nodes ORDER BY place
  RETURN collect(nodes) AS sets
}
CALL (sets) {
  // include: roots_in_order
  UNION ALL
  UNWIND range(0, size($p.drivers) - 1) AS place
  CALL (place, sets) {
    CALL (place, sets) {
      // include: roots_of_driver
    }
    WITH DISTINCT r
    RETURN collect(r) AS led
  }
  WITH place, led ORDER BY place
  WITH collect(led) AS leads
  UNWIND leads[0] AS r
  WITH r, leads
  WHERE size(leads) = 1 OR all(others IN leads[1..] WHERE r IN others)
  RETURN r
}
WITH r, sets
WHERE ($p.spliced IS NULL OR r.spliced = $p.spliced) AND ($p.below_hash IS NULL OR r.hash < $p.below_hash)
  AND all(clause IN $p.clauses WHERE any(l IN clause WHERE l.negated <> coalesce(any(x IN
    CASE l.kind
      // include: nodes_on_side
      // include: nodes_by_edge
    END
    WHERE (l.set IS NULL OR x IN sets[l.set]) AND (l.filter IS NULL OR all(w IN [l.filter] WHERE
      // include: node_filter
      AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
      AND (size(w.uids) = 0 OR x.uid IN w.uids)
    ))), false)))
WITH r LIMIT $p.most
WITH collect(r) AS found
// include: page_of_found
RETURN size(found) AS total, items
