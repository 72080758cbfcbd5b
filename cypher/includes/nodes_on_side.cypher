// Branches by the kind of the literal `l`: the nodes on a side of the root `r`.
WHEN 'self' THEN [r]
WHEN 'built_with' THEN [(r)-[:BUILT_WITH]->(b) | b]
WHEN 'deployed_with' THEN [(r)-[:DEPLOYED_WITH]->(b) WHERE NOT l.proper OR b <> r | b]
WHEN 'spliced_from' THEN [(r)-[:SPLICED_FROM*1..]->(b) | b]
