// The roots `r` that all drivers of packages, known by `place`, lead to, restricted by splices and
// hashes. A driver is a list of packages, each with a kind and a version interval. Ends in a condition,
// to which the including statement adds its own.
UNWIND $p.drivers[place] AS i
MATCH (x:Spec)
WHERE x.name = i.name AND x.version_key >= i.low AND x.version_key < i.high
UNWIND CASE i.kind
  WHEN 'self' THEN [x]
  WHEN 'built_with' THEN [(x)<-[:BUILT_WITH]-(b) | b]
  WHEN 'direct' THEN [(x)<-[:DEPENDS_ON]-(b) | b]
  ELSE [(x)<-[:DEPLOYED_WITH]-(b) | b]
END AS r
WITH DISTINCT place, r
WITH r, count(*) AS led
WHERE led = size($p.drivers) AND r:Root
  AND ($p.spliced IS NULL OR r.spliced = $p.spliced) AND ($p.below_hash IS NULL OR r.hash < $p.below_hash)
