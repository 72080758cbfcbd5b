// Splices: out and in
// Compares what a spliced spec is deployed with to what its build spec has at run time. Change the
// hash, which may be abbreviated. Relinked specs are the same builds, linked to other dependencies.
// owns up to: VarLengthExpand(All)
WITH "lx3p57l" AS hash
MATCH (s:Spec)-[:SPLICED_FROM*1..]->(b:Spec)
WHERE s.hash STARTS WITH hash
  AND NOT coalesce(b.spliced, false)
CALL (s) {
  MATCH (s)-[:DEPENDS_ON*0.. {runtime: true}]->(n:Spec)
  RETURN collect(DISTINCT n) AS now
}
CALL (b) {
  MATCH (b)-[:DEPENDS_ON*0.. {runtime: true}]->(n:Spec)
  RETURN collect(DISTINCT n) AS before
}
WITH before, [n IN now WHERE NOT n IN before] AS new,
  [n IN before WHERE NOT n IN now] AS gone
UNWIND new + gone AS n
OPTIONAL MATCH (n)-[:SPLICED_FROM*1..]->(source:Spec)
WHERE n IN new AND source IN before
OPTIONAL MATCH (n)<-[:SPLICED_FROM*1..]-(copy:Spec)
WHERE n IN gone AND copy IN new
WITH n, n IN new AS added,
  head(collect(source)) AS source,
  head(collect(copy)) AS copy
WHERE copy IS NULL
RETURN CASE
    WHEN NOT added THEN "taken out"
    WHEN source IS NULL THEN "put in"
    ELSE "relinked"
  END AS change, n.name AS package,
  n.version AS version, n.hash AS hash,
  source.hash AS built_as
ORDER BY change, package, hash
