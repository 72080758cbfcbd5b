// Make roots of those of these specs that a document describes, and let those that are no roots have
// no closure edges. A root without a document stays, as a document may have lost it.
// parameters: uids
// columns: roots
// used by: loaders/doctor/structure.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})
CALL (s) {
  WITH s WHERE EXISTS { (s)<-[:DESCRIBES]-(:Document) }
  SET s:Root, s.unsealed = true, s.sealing = null
}
CALL (s) {
  WITH s WHERE NOT s:Root
  MATCH (s)-[old:BUILT_WITH|DEPLOYED_WITH]->()
  DELETE old
}
RETURN [u IN $p.uids WHERE EXISTS { (:Root {uid: u}) }] AS roots
