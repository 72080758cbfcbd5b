// Draws a spec and what it depends on, by dependencies of these types.
MATCH (s:Spec {uid: $uid})-[:DEPENDS_ON*0..]->(n:Spec)
WITH DISTINCT n
MATCH (n)-[d:DEPENDS_ON]->(m:Spec)
WHERE any(t IN d.deptypes WHERE t IN $deptypes)
RETURN n, d, m
