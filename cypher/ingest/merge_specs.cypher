// Store specs that are new, or fill stubs, with their dependencies, which must be stored or be
// in the same rows. A spec that is stored already is left as it is. The SET after the MERGE
// takes the lock under which `standing` is read.
// parameters: rows, load
// columns: stored
// used by: loaders/store/spec_writes.py
UNWIND $p.rows AS row
MERGE (s:Spec {uid: row.uid})
  ON CREATE SET s.hash = row.hash
SET s.load = coalesce(s.load, $p.load)
WITH s, row, s.stub AS stub
WHERE s.standing IS NULL
SET s += row.properties
REMOVE s.stub
FOREACH (r IN CASE WHEN stub THEN [(s)<-[:BUILT_WITH|DEPLOYED_WITH]-(r) | r] ELSE [] END |
  SET r.unsealed = true, r.sealing = null)
WITH s, row, stub
// include: edges_of_row
RETURN collect({
  uid: row.uid, edges: dependencies + build_specs, was_stub: coalesce(stub, false)
}) AS stored
