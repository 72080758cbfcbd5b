// As find_roots, for roots at a site or in an environment: a driver or a clause of the kind `at_site`
// names a site, one of the kind `locked` the lockfiles of an environment. It is a statement of its own,
// since these patterns make it slower to plan.
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
      UNION ALL
      UNWIND [l IN $p.drivers[place] WHERE l.kind = 'at_site'] AS l
      MATCH (:Site {name: l.site})<-[:AT]-(h)-[:OF|BUILT|LOCKS]->(r:Root)
      WHERE
        // include: holds_spec
      RETURN r
      UNION ALL
      UNWIND [l IN $p.drivers[place] WHERE l.kind = 'locked'] AS l
      UNWIND l.lockfiles AS uid
      MATCH (:Lockfile {uid: uid})-[:LOCKS]->(r:Root)
      RETURN r
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
      WHEN 'at_site' THEN [(r)<-[:OF|BUILT|LOCKS]-(h)-[:AT]->(b:Site {name: l.site}) WHERE
        // include: holds_spec
        | b]
      WHEN 'locked' THEN [(r)<-[:LOCKS]-(b:Lockfile) WHERE b.uid IN l.lockfiles | b]
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
