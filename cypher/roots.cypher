// A page of the roots that satisfy every clause, by name, version and hash; and how many were found.
// A clause holds where one of its literals does; a literal where a node on its side of the root is
// in its set and fits what is wanted, or, negated, where none is. Roots come from the index in
// their order, from `low` to `high`, `bound` of them at most and no more than `most` found; and from
// the drivers, where there are any: those that the sets of every driver lead to. Hashes are spread
// evenly, so `below` takes a fair sample.
// parameters: sets, clauses, drivers, spliced, below, low, high, from_name, from_key, from_hash, bound, most, name, version_key, hash, limit
// columns: total, items
CALL () {
  UNWIND range(0, size($sets) - 1) AS place
  WITH place, $sets[place] AS w
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
      (w.name IS NULL OR x.name = w.name)
      AND x.standing IS NOT NULL
      AND (w.any_version OR any(i IN w.versions WHERE i.low <= x.version_key AND x.version_key < i.high))
      AND all(e IN w.variants WHERE e IN x.variants)
      AND all(p IN w.prefixes WHERE any(e IN x.variants WHERE e STARTS WITH p))
      AND all(v IN w.exact WHERE all(e IN x.variants WHERE NOT e STARTS WITH v.prefix OR e IN v.entries))
      AND (w.namespace IS NULL OR x.namespace = w.namespace)
      AND (w.platform IS NULL OR x.platform = w.platform)
      AND (w.os IS NULL OR x.os = w.os)
      AND (w.targets IS NULL OR x.target IN w.targets)
      AND all(k IN w.given WHERE x[k] IS NOT NULL)
      AND (w.compiler IS NULL OR (x.compiler IS NOT NULL
        AND coalesce(x.original_format, x.spec_format) < 5
        AND (w.compiler.names IS NULL OR x.compiler IN w.compiler.names)
        AND (w.compiler.any_version OR any(i IN w.compiler.versions
          WHERE i.low <= x.compiler_version_key AND x.compiler_version_key < i.high))))
    )
    RETURN collect(x) AS nodes
  }
  WITH place, nodes ORDER BY place
  RETURN collect(nodes) AS sets
}
CALL (sets) {
  MATCH (r:Root)
  WHERE r.name >= $low AND r.name <= $high AND r.version_key IS NOT NULL AND r.hash IS NOT NULL
    AND CASE WHEN r.name > $from_name OR r.version_key > $from_key THEN true
      ELSE r.version_key = $from_key AND r.hash > $from_hash END
  WITH r ORDER BY r.name, r.version_key, r.hash LIMIT $bound
  RETURN r
  UNION ALL
  UNWIND range(0, size($drivers) - 1) AS place
  CALL (place, sets) {
    CALL (place, sets) {
      UNWIND [l IN $drivers[place] WHERE l.kind = 'self'] AS l
      UNWIND sets[l.set] AS x
      WITH x AS r
      WHERE r:Root
      RETURN r
      UNION ALL
      UNWIND [l IN $drivers[place] WHERE l.kind = 'built_with'] AS l
      UNWIND sets[l.set] AS x
      MATCH (x)<-[:BUILT_WITH]-(r)
      RETURN r
      UNION ALL
      UNWIND [l IN $drivers[place] WHERE l.kind = 'deployed_with'] AS l
      UNWIND sets[l.set] AS x
      MATCH (x)<-[:DEPLOYED_WITH]-(r)
      RETURN r
      UNION ALL
      UNWIND [l IN $drivers[place] WHERE l.kind = 'spliced_from'] AS l
      UNWIND sets[l.set] AS x
      MATCH (x)<-[:SPLICED_FROM*1..]-(r:Root)
      RETURN r
      UNION ALL
      UNWIND [l IN $drivers[place] WHERE l.kind = 'direct'] AS l
      UNWIND sets[l.set] AS x
      MATCH (x)<-[:DEPENDS_ON]-(r:Root)
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
WHERE ($spliced IS NULL OR r.spliced = $spliced) AND ($below IS NULL OR r.hash < $below)
  AND all(clause IN $clauses WHERE any(l IN clause WHERE l.negated <> coalesce(any(x IN
    CASE l.kind
      WHEN 'self' THEN [r]
      WHEN 'built_with' THEN [(r)-[:BUILT_WITH]->(b) | b]
      WHEN 'deployed_with' THEN [(r)-[:DEPLOYED_WITH]->(b) WHERE NOT l.proper OR b <> r | b]
      WHEN 'spliced_from' THEN [(r)-[:SPLICED_FROM*1..]->(b) | b]
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
    WHERE (l.set IS NULL OR x IN sets[l.set]) AND (l.wanted IS NULL OR all(w IN [l.wanted] WHERE
      (w.name IS NULL OR x.name = w.name)
      AND x.standing IS NOT NULL
      AND (w.any_version OR any(i IN w.versions WHERE i.low <= x.version_key AND x.version_key < i.high))
      AND all(e IN w.variants WHERE e IN x.variants)
      AND all(p IN w.prefixes WHERE any(e IN x.variants WHERE e STARTS WITH p))
      AND all(v IN w.exact WHERE all(e IN x.variants WHERE NOT e STARTS WITH v.prefix OR e IN v.entries))
      AND (w.namespace IS NULL OR x.namespace = w.namespace)
      AND (w.platform IS NULL OR x.platform = w.platform)
      AND (w.os IS NULL OR x.os = w.os)
      AND (w.targets IS NULL OR x.target IN w.targets)
      AND all(k IN w.given WHERE x[k] IS NOT NULL)
      AND (w.compiler IS NULL OR (x.compiler IS NOT NULL
        AND coalesce(x.original_format, x.spec_format) < 5
        AND (w.compiler.names IS NULL OR x.compiler IN w.compiler.names)
        AND (w.compiler.any_version OR any(i IN w.compiler.versions
          WHERE i.low <= x.compiler_version_key AND x.compiler_version_key < i.high))))
      AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
      AND (size(w.hashes) = 0 OR x.hash IN w.hashes)
    ))), false)))
WITH r LIMIT $most
WITH collect(r) AS found
CALL (found) {
  CALL (found) {
    UNWIND CASE WHEN $limit > 0 AND size(found) <= 8000 THEN found ELSE [] END AS r
    WITH r
    WHERE r.name > $name OR (r.name = $name AND (r.version_key > $version_key
      OR (r.version_key = $version_key AND r.hash > $hash)))
    WITH r ORDER BY r.name, r.version_key, r.hash LIMIT $limit
    RETURN r
    UNION ALL
    MATCH (r:Root)
    WHERE r.name >= CASE WHEN $limit > 0 AND size(found) > 8000 THEN $name END
      AND r.version_key IS NOT NULL AND r.hash IS NOT NULL
      AND CASE WHEN r.name > $name OR r.version_key > $version_key THEN true
        ELSE r.version_key = $version_key AND r.hash > $hash END
      AND r IN found
    WITH r ORDER BY r.name, r.version_key, r.hash LIMIT $limit
    RETURN r
  }
  RETURN collect(r {.hash, .name, .version, .version_key, .spliced, .verified}) AS items
}
RETURN size(found) AS total, items
