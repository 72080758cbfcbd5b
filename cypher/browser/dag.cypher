// A whole DAG
// Draws a spec and everything that it is deployed with. Change the hash, which may be abbreviated.
WITH "lx3p57l" AS hash
MATCH (s:Spec) WHERE s.hash STARTS WITH hash
MATCH (s)-[:DEPENDS_ON*0.. {runtime: true}]->(n:Spec)
WITH DISTINCT n
OPTIONAL MATCH
  (n)-[d:DEPENDS_ON {runtime: true}]->(m:Spec)
RETURN n, d, m
