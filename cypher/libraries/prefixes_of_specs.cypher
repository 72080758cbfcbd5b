// The prefixes of some specs, newest first, stores before build caches; for each spec those at one site
// first, if a site is given. The libraries in them are listed only if `files` is true.
// parameters: uids, site, files
// columns: spec, hash, name, version, prefix, site, files
// used by: service/queries/libraries.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})-[:INSTALLED_IN]->(p:Prefix)
WITH s, p, head([(p)-[:AT]->(t) | t.name]) AS site
RETURN s.uid AS spec, s.hash AS hash, s.name AS name, s.version AS version,
  p {.uid, .path, .kind, .mirror, .read_at, .complete, .entries} AS prefix, site,
  CASE WHEN $p.files THEN [(p)-[r:INSTALLS]->(l) | [r.path, l.uid]] ELSE [] END AS files
ORDER BY coalesce(site = $p.site, false) DESC, p.kind = 'cache', p.read_at DESC, p.uid
