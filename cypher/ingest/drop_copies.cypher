// Delete those of these copies that nothing refers to any more, neither a spec nor a document nor
// anything that happened to them.
// parameters: uids
// columns: dropped
// used by: loaders/store/settling.py
UNWIND $p.uids AS uid
MATCH (c:Spec {uid: uid})
USING INDEX SEEK c:Spec(uid)
WHERE NOT EXISTS { MATCH (c)<-[r]-(x) WHERE x <> c AND NOT type(r) IN ['BUILT_WITH', 'DEPLOYED_WITH'] }
  AND NOT EXISTS { (c)-[:INSTALLED_FILE|INSTALLED_IN]->() }
SET c.hash = c.hash
WITH c AS s
// include: places_gone
WITH collect(s) AS copies, collect(s.uid) AS dropped
FOREACH (c IN copies | DETACH DELETE c)
RETURN dropped
