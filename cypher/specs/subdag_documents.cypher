// The documents of some specs and of everything that they depend on, for constraints that only
// Python can evaluate.
// parameters: uids
// columns: specs
// used by: service/queries/selection.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})-[:DEPENDS_ON*0..]->(n:Spec)
WITH DISTINCT n
WHERE n.document IS NOT NULL
RETURN collect(n {
  .uid, .document, .spec_format, dependencies: [(n)-[:DEPENDS_ON]->(x:Spec) | x.uid]
}) AS specs
