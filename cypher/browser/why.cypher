// Why: shortest chains
// Draws why the newest root of a package needs another one: all shortest chains. Change the names,
// and the types; a dependency must have one of them.
WITH "netcdf-c" AS package, "openssl" AS dependency,
  ["build", "link", "run"] AS deptypes
MATCH (r:Spec {name: package}) WHERE r:Root
WITH r, dependency, deptypes
ORDER BY r.version_key DESC, r.hash LIMIT 1
MATCH (x:Spec {name: dependency})
MATCH p = ALL SHORTEST (r)-[d:DEPENDS_ON WHERE
  any(t IN d.deptypes WHERE t IN deptypes)
]->+(x)
RETURN p LIMIT 50
