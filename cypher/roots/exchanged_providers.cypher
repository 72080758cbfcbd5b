// The providers of a virtual that splices exchanged: the one that a root was built with and the one
// that it is deployed with. MPI comes first, then the most frequent. `looked_at` splices at most.
// parameters: looked_at, limit
// columns: exchanges
// owns up to: DirectedRelationshipTypeScan
// used by: service/queries/overview.py
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
RETURN collect({built: built, version: version, deployed: deployed}) AS exchanges
