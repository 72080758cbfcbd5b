// What splices of roots exchanged: which provider of a virtual they were built with and which other
// one they are deployed with; MPI first, then the most frequent. `looked_at` splices at most.
// parameters: looked_at, limit
// columns: built, version, deployed
// owns up to: DirectedRelationshipTypeScan
MATCH (r:Spec)-[:SPLICED_FROM]->(b:Spec)
WITH r, b LIMIT $p.looked_at
WHERE r:Root
MATCH (r)-[d:DEPENDS_ON {runtime: true}]->(x:Spec)
WHERE size(d.virtuals) > 0
MATCH (b)-[e:DEPENDS_ON]->(y:Spec)
WHERE x.name <> y.name AND any(v IN d.virtuals WHERE v IN e.virtuals)
WITH y.name AS built, x.name AS deployed, max(y.version) AS version, count(DISTINCT r) AS splices,
  max('mpi' IN d.virtuals) AS mpi, max(COUNT { (x)<-[:DEPENDS_ON]-() }) AS dependents
ORDER BY mpi DESC, splices DESC, dependents DESC, built, deployed LIMIT $p.limit
RETURN built, version, deployed
