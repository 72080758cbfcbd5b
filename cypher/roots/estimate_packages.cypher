// As estimate_sets, for sets whose nodes are found by the name of a package and versions; plans faster.
// `degrees` are the numbers of roots that each of at most a thousand nodes leads to, on either side.
// parameters: sets
// columns: estimates, roots
// used by: service/queries/roots.py
UNWIND range(0, size($p.sets) - 1) AS place
CALL (place) {
  UNWIND $p.sets[place].intervals AS i
  MATCH (x:Spec)
  WHERE x.name = $p.sets[place].name AND x.version_key >= i.low AND x.version_key < i.high
  WITH collect(x) AS nodes
  RETURN size(nodes) AS size, [x IN nodes[..1000] | [
    COUNT { (x)<-[:BUILT_WITH]-() }, COUNT { (x)<-[:DEPLOYED_WITH]-() }
  ]] AS degrees
}
WITH place, size, degrees ORDER BY place
WITH collect({nodes: size, degrees: degrees}) AS estimates
RETURN estimates, COUNT { (:Root) } AS roots
