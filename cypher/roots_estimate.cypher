// How many nodes some sets have and how many roots these lead to, counted with repetition and to a
// thousand nodes a set at most: tells where a query starts.
// parameters: sets
// columns: estimates
UNWIND range(0, size($sets) - 1) AS place
WITH place, $sets[place] AS w
CALL (w) {
  CALL (w) {
    UNWIND w.hashes AS hash
    MATCH (x:Spec {hash: hash})
    RETURN x
    UNION
    UNWIND w.intervals AS i
    MATCH (x:Spec)
    WHERE x.name = w.name AND x.version_key >= i.low AND x.version_key < i.high
    RETURN x
    UNION
    MATCH (:Virtual {name: w.virtual})<-[:PROVIDES]-(x:Spec)
    RETURN x
  }
  WITH x LIMIT 1000
  RETURN count(*) AS nodes,
    sum(COUNT { (x)<-[:BUILT_WITH]-() }) AS built_with,
    sum(COUNT { (x)<-[:DEPLOYED_WITH]-() }) AS deployed_with,
    max(COUNT { (x)<-[:BUILT_WITH]-() }) AS most_built_with,
    max(COUNT { (x)<-[:DEPLOYED_WITH]-() }) AS most_deployed_with
}
WITH place, {
  nodes: nodes, cut: nodes = 1000, built_with: built_with, deployed_with: deployed_with,
  most_built_with: most_built_with, most_deployed_with: most_deployed_with
} AS estimate
ORDER BY place
RETURN collect(estimate) AS estimates
