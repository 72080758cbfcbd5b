// The specs with a library of some names, spliced and external ones and those of one package left out, by
// name and with the newest versions first.
// parameters: names, package, site, most
// columns: uid
// used by: service/queries/proposals.py
UNWIND $p.names AS name
MATCH (:Soname {name: name})<-[:HAS]-(:Library)<-[:INSTALLS]-(p:Prefix)<-[:INSTALLED_IN]-(s:Spec)
WHERE s.name <> $p.package AND s.spliced = false AND s.external = false
  AND ($p.site IS NULL OR EXISTS { (p)-[:AT]->(:Site {name: $p.site}) })
WITH DISTINCT s ORDER BY s.name, s.version_key DESC, s.uid LIMIT $p.most
RETURN s.uid AS uid
