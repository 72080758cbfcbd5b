// Built, deployed: listed
// Every root that was built with one package and is deployed with another, and the versions on
// either side. Change the names; "" as a version means any.
WITH "mpich" AS built, "" AS built_version,
  "mvapich2" AS deployed, "" AS deployed_version
MATCH (x:Spec {name: built})
WHERE x.version STARTS WITH built_version
MATCH (x)<-[:BUILT_WITH]-(r:Root)
WITH r, collect(DISTINCT x.version) AS built_with,
  deployed, deployed_version
MATCH (r)-[:DEPLOYED_WITH]->(y:Spec {name: deployed})
WHERE y.version STARTS WITH deployed_version
WITH r, built_with,
  collect(DISTINCT y.version) AS deployed_with
RETURN r.name AS package, r.version AS version,
  built_with, deployed_with,
  r.spliced AS spliced, r.hash AS hash
ORDER BY package, r.version_key DESC, hash
