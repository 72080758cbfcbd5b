// For each of some names of libraries the specs with a file that needs it: their number, counted no
// further than `most`, and the first of those that were counted.
// parameters: names, site, most, limit
// columns: name, total, specs
// used by: service/queries/installed_libraries.py
UNWIND $p.names AS name
CALL (name) {
  MATCH (:Soname {name: name})<-[:NEEDS]-(:Library)<-[:INSTALLS]-(p:Prefix)<-[:INSTALLED_IN]-(s:Spec)
  WHERE $p.site IS NULL OR EXISTS { (p)-[:AT]->(:Site {name: $p.site}) }
  WITH DISTINCT s LIMIT $p.most
  WITH s ORDER BY s.name, s.version_key, s.uid
  WITH collect(s) AS found
  RETURN size(found) AS total, [s IN found[..$p.limit] | s {.uid, .hash, .name, .version}] AS specs
}
RETURN name, total, specs
