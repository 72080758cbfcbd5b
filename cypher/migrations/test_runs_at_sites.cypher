// Some of the test runs whose identity lies after another one, with their logs and their sites but
// the default one.
// parameters: after, default_site, limit
// columns: uid, hash, data, site
// used by: loaders/store/site_identities.py
MATCH (r:TestRun)
WHERE r.uid > $p.after
  AND EXISTS { MATCH (r)-[:AT]->(:Site) }
  AND NOT EXISTS { MATCH (r)-[:AT]->(:Site {name: $p.default_site}) }
WITH r ORDER BY r.uid LIMIT $p.limit
OPTIONAL MATCH (r)-[:HAS_TEXT]->(x:Blob)
RETURN r.uid AS uid, r.hash AS hash, x.data AS data,
  COLLECT { MATCH (r)-[:AT]->(t:Site) RETURN t.name ORDER BY t.name LIMIT 1 }[0] AS site
ORDER BY uid
