// Make stubs of some marked specs: their records are claims now, and the documents that hold them are
// stored again.
// parameters: limit
// columns: changed
// owns up to: NodeByLabelScan, NodeIndexScan, DirectedRelationshipTypeScan
// used by: loaders/store/migrations.py
MATCH (s:Disputed)
WITH s LIMIT $p.limit
CALL (s) {
  MATCH (s)-[old:DEPENDS_ON|SPLICED_FROM|BUILT_WITH|DEPLOYED_WITH|PROVIDES]->()
  DELETE old
}
CALL (s) {
  MATCH (s)<-[old:DESCRIBES|BUILT_WITH|DEPLOYED_WITH|DEPENDS_ON]-()
  DELETE old
}
SET s = {uid: s.uid, hash: s.hash, name: s.name, load: s.load, stub: true, verified: false}
REMOVE s:Disputed:Root
RETURN count(*) AS changed
