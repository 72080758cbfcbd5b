// The direct dependencies of some specs.
// parameters: uids
// columns: rows
// used by: service/queries/row_facts.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})
RETURN collect({uid: uid, dependencies: [(s)-[:DEPENDS_ON]->(x:Spec) | x {.hash, .name, .version}]})
  AS rows
