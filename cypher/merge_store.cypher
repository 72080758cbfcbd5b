// Make sure that a store and its site are there.
// parameters: site, uid, name, upstream
// columns: store
MERGE (t:Site {name: $site})
MERGE (x:Store {uid: $uid})
  ON CREATE SET x.name = $name, x.upstream = $upstream, x.as_of = 0.0
MERGE (x)-[:AT]->(t)
RETURN x.uid AS store
