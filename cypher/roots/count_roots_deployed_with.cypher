// The number of roots that are deployed with a package in one of some version intervals.
// parameters: name, intervals
// columns: total
// used by: service/queries/roots.py
UNWIND $p.intervals AS i
MATCH (x:Spec)
WHERE x.name = $p.name AND x.version_key >= i.low AND x.version_key < i.high
MATCH (x)<-[:DEPLOYED_WITH]-(r)
RETURN count(DISTINCT r) AS total
