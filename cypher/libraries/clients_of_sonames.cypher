// The programs and libraries that need a library of some names, at most `most`, each with the packages that
// have it: of each package the first spec, and how many of its specs have it.
// parameters: names, site, most
// columns: library, users
// used by: service/queries/proposals.py
UNWIND $p.names AS name
MATCH (:Soname {name: name})<-[:NEEDS]-(l:Library)
WHERE $p.site IS NULL OR EXISTS { (l)<-[:INSTALLS]-(:Prefix)-[:AT]->(:Site {name: $p.site}) }
WITH DISTINCT l LIMIT $p.most
CALL (l) {
  MATCH (l)<-[r:INSTALLS]-(p:Prefix)<-[:INSTALLED_IN]-(s:Spec)
  WHERE $p.site IS NULL OR EXISTS { (p)-[:AT]->(:Site {name: $p.site}) }
  WITH s, min(r.path) AS path ORDER BY s.name, s.version_key, s.uid
  WITH s.name AS package, collect({spec: s {.uid, .hash, .name, .version}, path: path}) AS found
  RETURN collect({package: package, spec: found[0].spec, path: found[0].path, specs: size(found)}) AS users
}
RETURN l.uid AS library, users
