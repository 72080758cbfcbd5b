// Draws a spliced spec and the spec that it was built as, with what only one of them is deployed
// with, and what each relinked spec was built as.
MATCH (s:Spec {uid: $after}), (b:Spec {uid: $before})
CALL (s) {
  MATCH (s)-[:DEPENDS_ON*0.. {runtime: true}]->(n:Spec)
  RETURN collect(DISTINCT n) AS now
}
CALL (b) {
  MATCH (b)-[:DEPENDS_ON*0.. {runtime: true}]->(n:Spec)
  RETURN collect(DISTINCT n) AS before
}
WITH [n IN now WHERE NOT n IN before] + [n IN before WHERE NOT n IN now] AS changed
UNWIND changed AS n
OPTIONAL MATCH (n)-[d:DEPENDS_ON {runtime: true}]->(m:Spec) WHERE m IN changed
OPTIONAL MATCH (n)-[f:SPLICED_FROM]->(o:Spec) WHERE o IN changed
RETURN n, d, m, f, o
