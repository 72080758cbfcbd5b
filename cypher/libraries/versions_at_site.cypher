// The versions of some external packages that are installed at a site.
// parameters: names, site
// columns: name, versions
// used by: service/queries/site_versions.py
UNWIND $p.names AS name
MATCH (s:Spec {name: name})
WHERE s.external AND EXISTS {
  MATCH (s)<-[:OF]-(i:Installation)-[:AT]->(:Site {name: $p.site})
  WHERE i.installed
}
RETURN name, collect(DISTINCT s.version) AS versions
