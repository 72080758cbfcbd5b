// Delete locked environments; return their specs.
// parameters: uids
// columns: dropped
// used by: loaders/store/removal/environments.py
UNWIND $p.uids AS uid
MATCH (l:Lockfile {uid: uid})
WITH l, {
  specs: [(l)-[:LOCKS]->(s) | s.uid], sites: [(l)-[:AT]->(t) | t.name]
} AS row
DETACH DELETE l
RETURN collect(row) AS dropped
