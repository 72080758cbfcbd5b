// Create a store and its site if necessary.
// parameters: site, uid, name, upstream
// columns: store
// used by: loaders/store/installations.py
MERGE (t:Site {name: $p.site})
MERGE (x:Store {uid: $p.uid})
  ON CREATE SET x.name = $p.name, x.upstream = $p.upstream, x.as_of = 0.0
MERGE (x)-[:AT]->(t)
RETURN x.uid AS store
