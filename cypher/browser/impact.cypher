// Impact of a package
// Counts the roots that are deployed with it, and those that only needed it to be built. Change
// the name and the versions, which are compared from their start.
WITH "xz" AS name, ["5.6.0", "5.6.1"] AS versions
MATCH (x:Spec {name: name})
WHERE any(v IN versions
  WHERE x.version STARTS WITH v)
CALL (x) {
  MATCH (x)<-[:DEPLOYED_WITH]-(r:Root)
  RETURN r, 1 AS deployed
  UNION
  MATCH (x)<-[:BUILT_WITH]-(r:Root)
  RETURN r, 0 AS deployed
}
WITH r, max(deployed) AS deployed
WITH deployed, r.name AS package, count(*) AS roots,
  collect(DISTINCT r.version)[..5] AS versions
RETURN CASE deployed
    WHEN 1 THEN "at run time"
    ELSE "at build time only"
  END AS reached, package, roots, versions
ORDER BY deployed DESC, roots DESC, package
