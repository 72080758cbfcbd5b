// The libraries of the system with some SONAMEs that were read at a site: those of externals, and of glibc.
// parameters: sonames, site
// columns: soname, library
// used by: service/queries/site_versions.py
UNWIND $p.sonames AS soname
MATCH (:Soname {name: soname})<-[:HAS]-(l:Library)<-[:INSTALLS]-(p:Prefix)-[:AT]->(t:Site {name: $p.site})
WHERE p.kind = 'external' OR EXISTS { MATCH (p)<-[:INSTALLED_IN]-(:Spec {name: 'glibc'}) }
RETURN DISTINCT soname, l.uid AS library
