// A page of the roots that satisfy every clause, by name, version and hash, and how many were found.
// A clause holds if one of its literals does. A literal holds if a node on its side of the root is in
// its set and passes its filter; a negated one if no node does. Roots come from the index in order,
// from name `low` to `high`, at most `bound` of them, until `most` were found; and, if there are
// drivers, from these: the roots that the sets of every driver lead to. Hashes are spread evenly, so
// the roots below `below_hash` are a fair sample.
// parameters: sets, clauses, drivers, spliced, below_hash, low, high, from_name, from_key, from_hash, bound, most, name, version_key, hash, limit
// columns: total, items
// used by: service/queries/roots.py
CALL () {
  UNWIND range(0, size($p.sets) - 1) AS place
  WITH place, $p.sets[place] AS w
  CALL (w) {
    CALL (w) {
      UNWIND w.hashes AS hash
      MATCH (x:Spec {hash: hash})
      RETURN x
      UNION ALL
      UNWIND w.intervals AS i
      MATCH (x:Spec)
      WHERE x.name = w.name AND x.version_key >= i.low AND x.version_key < i.high
      RETURN x
      UNION ALL
      MATCH (:Virtual {name: w.virtual})<-[:PROVIDES]-(x:Spec)
      RETURN x
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
  MATCH (r:Root)
  WHERE r.name >= $p.low AND r.name <= $p.high AND r.version_key IS NOT NULL AND r.hash IS NOT NULL
    AND CASE WHEN r.name > $p.from_name OR r.version_key > $p.from_key THEN true
      ELSE r.version_key = $p.from_key AND r.hash > $p.from_hash END
  WITH r ORDER BY r.name, r.version_key, r.hash LIMIT $p.bound
  RETURN r
  UNION ALL
  UNWIND range(0, size($p.drivers) - 1) AS place
  CALL (place, sets) {
    CALL (place, sets) {
      UNWIND [l IN $p.drivers[place] WHERE l.kind = 'self'] AS l
      UNWIND sets[l.set] AS x
      WITH x AS r
      WHERE r:Root
      RETURN r
      UNION ALL
      UNWIND [l IN $p.drivers[place] WHERE l.kind = 'built_with'] AS l
      UNWIND sets[l.set] AS x
      MATCH (x)<-[:BUILT_WITH]-(r)
      RETURN r
      UNION ALL
      UNWIND [l IN $p.drivers[place] WHERE l.kind = 'deployed_with'] AS l
      UNWIND sets[l.set] AS x
      MATCH (x)<-[:DEPLOYED_WITH]-(r)
      RETURN r
      UNION ALL
      UNWIND [l IN $p.drivers[place] WHERE l.kind = 'spliced_from'] AS l
      UNWIND sets[l.set] AS x
      MATCH (x)<-[:SPLICED_FROM*1..]-(r:Root)
      RETURN r
      UNION ALL
      UNWIND [l IN $p.drivers[place] WHERE l.kind = 'direct'] AS l
      UNWIND sets[l.set] AS x
      MATCH (x)<-[:DEPENDS_ON]-(r:Root)
      RETURN r
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
      WHEN 'self' THEN [r]
      WHEN 'built_with' THEN [(r)-[:BUILT_WITH]->(b) | b]
      WHEN 'deployed_with' THEN [(r)-[:DEPLOYED_WITH]->(b) WHERE NOT l.proper OR b <> r | b]
      WHEN 'spliced_from' THEN [(r)-[:SPLICED_FROM*1..]->(b) | b]
      WHEN 'at_site' THEN [(r)<-[:OF|BUILT|LOCKS]-(h)-[:AT]->(b:Site {name: l.site}) WHERE
        // include: holds_spec
        | b]
      WHEN 'locked' THEN [(r)<-[:LOCKS]-(b:Lockfile) WHERE b.uid IN l.lockfiles | b]
      WHEN 'direct' THEN [(r)-[d:DEPENDS_ON]->(b)
        WHERE (NOT l.guarded OR coalesce(r.original_format, r.spec_format) >= 5)
          AND all(t IN l.deptypes WHERE t IN d.deptypes)
          AND (l.virtual IS NULL OR l.virtual IN d.virtuals)
          AND (size(l.virtuals) = 0 OR any(v IN l.virtuals WHERE v IN d.virtuals)) | b]
      ELSE [(r)-[:DEPLOYED_WITH]->(m)-[d:DEPENDS_ON]->(b)
        WHERE (m = r OR d.runtime)
          AND all(t IN l.deptypes WHERE t IN d.deptypes)
          AND (l.virtual IS NULL OR l.virtual IN d.virtuals)
          AND (size(l.virtuals) = 0 OR any(v IN l.virtuals WHERE v IN d.virtuals)) | b]
    END
    WHERE (l.set IS NULL OR x IN sets[l.set]) AND (l.filter IS NULL OR all(w IN [l.filter] WHERE
      // include: node_filter
      AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
      AND (size(w.hashes) = 0 OR x.hash IN w.hashes)
    ))), false)))
WITH r LIMIT $p.most
WITH collect(r) AS found
CALL (found) {
  CALL (found) {
    UNWIND CASE WHEN $p.limit > 0 AND size(found) <= 8000 THEN found ELSE [] END AS r
    WITH r
    WHERE r.name > $p.name OR (r.name = $p.name AND (r.version_key > $p.version_key
      OR (r.version_key = $p.version_key AND r.hash > $p.hash)))
    WITH r ORDER BY r.name, r.version_key, r.hash LIMIT $p.limit
    RETURN r
    UNION ALL
    MATCH (r:Root)
    WHERE r.name >= CASE WHEN $p.limit > 0 AND size(found) > 8000 THEN $p.name END
      AND r.version_key IS NOT NULL AND r.hash IS NOT NULL
      AND CASE WHEN r.name > $p.name OR r.version_key > $p.version_key THEN true
        ELSE r.version_key = $p.version_key AND r.hash > $p.hash END
      AND r IN found
    WITH r ORDER BY r.name, r.version_key, r.hash LIMIT $p.limit
    RETURN r
  }
  RETURN collect(r {.hash, .name, .version, .version_key, .spliced, .verified}) AS items
}
RETURN size(found) AS total, items
