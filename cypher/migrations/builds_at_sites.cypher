// Some of the builds whose identity lies after another one, with their sites but the default one.
// parameters: after, default_site, limit
// columns: uid, hash, key, site
// used by: loaders/store/site_identities.py
MATCH (b:Build)
WHERE b.uid > $p.after
  AND EXISTS { MATCH (b)-[:AT]->(:Site) }
  AND NOT EXISTS { MATCH (b)-[:AT]->(:Site {name: $p.default_site}) }
WITH b ORDER BY b.uid LIMIT $p.limit
RETURN b.uid AS uid, b.hash AS hash, b.key AS key,
  COLLECT { MATCH (b)-[:AT]->(t:Site) RETURN t.name ORDER BY t.name LIMIT 1 }[0] AS site
ORDER BY uid
