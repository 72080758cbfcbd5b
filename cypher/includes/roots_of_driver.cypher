// The roots `r` that the sets of the driver at `place` lead to.
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
