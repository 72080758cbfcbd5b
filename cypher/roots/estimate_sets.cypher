// The sizes of some node sets, how many roots each leads to, counted with repetition over at most a
// thousand of its nodes, and the number of all roots, for the planner.
// parameters: sets
// columns: estimates, roots
// used by: service/queries/roots.py
CALL () {
  UNWIND range(0, size($p.sets) - 1) AS place
  WITH place, $p.sets[place] AS w
  CALL (w) {
    CALL (w) {
      // include: nodes_of_set
    }
    WITH collect(x) AS all_nodes
    CALL (all_nodes) {
      UNWIND all_nodes[..1000] AS x
      RETURN count(*) AS looked_at,
        sum(COUNT { (x)<-[:BUILT_WITH]-() }) AS built_with,
        sum(COUNT { (x)<-[:DEPLOYED_WITH]-() }) AS deployed_with,
        max(COUNT { (x)<-[:BUILT_WITH]-() }) AS most_built_with,
        max(COUNT { (x)<-[:DEPLOYED_WITH]-() }) AS most_deployed_with
    }
    RETURN size(all_nodes) AS nodes, looked_at, built_with, deployed_with,
      most_built_with, most_deployed_with
  }
  WITH place, {
    nodes: nodes, looked_at: looked_at, built_with: built_with, deployed_with: deployed_with,
    most_built_with: most_built_with, most_deployed_with: most_deployed_with
  } AS estimate
  ORDER BY place
  RETURN collect(estimate) AS estimates
}
RETURN estimates, COUNT { (:Root) } AS roots
