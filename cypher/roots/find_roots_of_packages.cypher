// As find_roots, from drivers, for clauses that only name packages and versions on sides or at the end
// of any direct edge. It plans several times as fast as find_roots, which is most of the time of the
// first questions of a cold server. All roots found are sorted.
// parameters: drivers, clauses, spliced, below_hash, name, version_key, uid, limit
// columns: total, items
// used by: service/queries/root_statements.py
UNWIND range(0, size($p.drivers) - 1) AS place
// include: roots_of_packages
  AND all(clause IN $p.clauses WHERE any(l IN clause WHERE l.negated <> coalesce(any(x IN
    CASE l.kind
      WHEN 'self' THEN [r]
      WHEN 'built_with' THEN [(r)-[:BUILT_WITH]->(b) | b]
      WHEN 'direct' THEN [(r)-[:DEPENDS_ON]->(b) | b]
      ELSE [(r)-[:DEPLOYED_WITH]->(b) WHERE NOT l.proper OR b <> r | b]
    END
    WHERE x.name = l.name AND any(i IN l.intervals WHERE i.low <= x.version_key AND x.version_key < i.high)
  ), false)))
WITH r ORDER BY r.name, r.version_key, r.uid
WITH collect(r) AS found
// include: page_of_ordered
