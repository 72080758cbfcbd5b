// As find_roots, for clauses that only name packages and versions, from the drivers: each is a list of
// packages with a kind and a version interval. It plans several times as fast as find_roots, which is
// most of the time of the first questions of a cold server. All roots found are sorted.
// parameters: drivers, clauses, spliced, below_hash, name, version_key, uid, limit
// columns: total, items
// used by: service/queries/root_statements.py
UNWIND range(0, size($p.drivers) - 1) AS place
UNWIND $p.drivers[place] AS i
MATCH (x:Spec)
WHERE x.name = i.name AND x.version_key >= i.low AND x.version_key < i.high
UNWIND CASE i.kind
  WHEN 'self' THEN [x]
  WHEN 'built_with' THEN [(x)<-[:BUILT_WITH]-(b) | b]
  ELSE [(x)<-[:DEPLOYED_WITH]-(b) | b]
END AS r
WITH DISTINCT place, r
WITH r, count(*) AS led
WHERE led = size($p.drivers) AND r:Root
  AND ($p.spliced IS NULL OR r.spliced = $p.spliced) AND ($p.below_hash IS NULL OR r.hash < $p.below_hash)
  AND all(clause IN $p.clauses WHERE any(l IN clause WHERE l.negated <> any(x IN
    CASE l.kind
      WHEN 'self' THEN [r]
      WHEN 'built_with' THEN [(r)-[:BUILT_WITH]->(b) | b]
      ELSE [(r)-[:DEPLOYED_WITH]->(b) | b]
    END
    WHERE x.name = l.name AND any(i IN l.intervals WHERE i.low <= x.version_key AND x.version_key < i.high))))
WITH r ORDER BY r.name, r.version_key, r.uid
WITH collect(r) AS found
// include: page_of_ordered
