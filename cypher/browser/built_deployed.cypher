// Built, deployed: drawn
// Draws each root that was built with one package and is deployed with another: the splice, and a
// shortest path to either. Change the names; "" as a version means any.
// owns up to: VarLengthExpand(All)
WITH "mpich" AS built, "" AS built_version,
  "mvapich2" AS deployed, "" AS deployed_version
MATCH (x:Spec {name: built})
WHERE x.version STARTS WITH built_version
MATCH (x)<-[:BUILT_WITH]-(r:Root)
WITH r, collect(DISTINCT x) AS before,
  deployed, deployed_version
MATCH (r)-[:DEPLOYED_WITH]->(y:Spec {name: deployed})
WHERE y.version STARTS WITH deployed_version
WITH r, before, collect(DISTINCT y) AS after
ORDER BY r.name, r.version_key DESC LIMIT 10
MATCH splice = (r)-[:SPLICED_FROM*0..]->(b:Spec)
WHERE NOT coalesce(b.spliced, false)
UNWIND before AS x
MATCH way_built = ANY SHORTEST
  (b)-[:DEPENDS_ON|SPLICED_FROM]->*(x)
UNWIND after AS y
MATCH way_deployed = ANY SHORTEST
  (r)-[:DEPENDS_ON {runtime: true}]->*(y)
RETURN splice, way_built, way_deployed
