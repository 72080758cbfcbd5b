// Delete those of these contents that nothing refers to any more, neither a spec nor a document nor
// anything that happened to them. Return them, and the contents that they depended on.
// parameters: uids
// columns: dropped
// used by: loaders/store/settling.py
UNWIND $p.uids AS uid
MATCH (c:Spec {uid: uid})
WHERE NOT EXISTS { MATCH (c)<-[r]-(x) WHERE x <> c AND NOT type(r) IN ['BUILT_WITH', 'DEPLOYED_WITH'] }
  AND NOT EXISTS { (c)-[:INSTALLED_FILE]->() }
WITH c, [(c)-[:DEPENDS_ON|SPLICED_FROM]->(x:Spec) WHERE x.uid <> x.hash | x.uid] AS below
WITH collect(c) AS copies, collect({uid: c.uid, below: below}) AS dropped
FOREACH (c IN copies | DETACH DELETE c)
RETURN dropped
