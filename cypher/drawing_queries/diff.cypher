// Draws two specs with the specs that only one of them depends on.
MATCH (a:Spec {uid: $a}), (b:Spec {uid: $b})
CALL (a) {
  MATCH (a)-[:DEPENDS_ON*0..]->(n:Spec)
  RETURN collect(DISTINCT n) AS of_a
}
CALL (b) {
  MATCH (b)-[:DEPENDS_ON*0..]->(n:Spec)
  RETURN collect(DISTINCT n) AS of_b
}
WITH [n IN of_a WHERE NOT n IN of_b] + [n IN of_b WHERE NOT n IN of_a] AS differing
UNWIND differing AS n
OPTIONAL MATCH (n)-[d:DEPENDS_ON]->(m:Spec) WHERE m IN differing
RETURN n, d, m
