// Replace the records that contents show by better ones, edges included. The document that brought
// the former record keeps it as a Claim.
// parameters: rows
// columns: stored
// used by: loaders/store/spec_writes.py
UNWIND $p.rows AS row
MATCH (s:Spec {uid: row.uid})
SET s.uid = row.uid
WITH s, row
WHERE s.standing IS NULL OR row.properties.standing < s.standing
WITH s, row, s.name + ' ' + s.version_key AS former
SET s += row.absent, s += row.properties
FOREACH (r IN CASE WHEN s.name + ' ' + s.version_key = former THEN []
    ELSE [(s)<-[:BUILT_WITH|DEPLOYED_WITH]-(r) | r] END |
  SET r.unsealed = true, r.sealing = null)
WITH s, row
CALL (s) {
  MATCH (s)-[old:DEPENDS_ON|SPLICED_FROM]->()
  DELETE old
}
// include: edges_of_row
RETURN collect({uid: row.uid, edges: dependencies + build_specs, was_stub: false}) AS stored
