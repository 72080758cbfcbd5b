// The environments whose identity starts so, at most two.
// parameters: prefix
// columns: environments
// used by: loaders/store/removal/environments.py
MATCH (l:Lockfile)
WHERE l.uid STARTS WITH $p.prefix
WITH l LIMIT 2
RETURN collect({
  uid: l.uid, name: l.name, site: head([(l)-[:AT]->(t) | t.name]),
  specs: [(l)-[:LOCKS]->(s) | s.uid]
}) AS environments
