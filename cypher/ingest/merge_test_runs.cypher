// Write test runs of installed specs; return how many are new. A run that was stored with the hash
// that its document names goes to the spec that this hash turns out to mean.
// parameters: runs, site, load
// columns: created
// used by: loaders/store/installations.py
MERGE (t:Site {name: $p.site})
WITH t
UNWIND $p.runs AS row
// include: spec_of_row
MERGE (r:TestRun {uid: row.uid})
  ON CREATE SET r += row.properties, r.load = $p.load
  ON MATCH SET r.full_hash = coalesce(r.full_hash, row.properties.full_hash)
WITH t, r, s, row
CALL (r, row) {
  WITH r, row WHERE r.hash = row.named AND row.hash <> row.named
  MATCH (r)-[former:TESTED]->()
  SET r.hash = row.hash
  DELETE former
  RETURN count(*) AS moved
}
FOREACH (_ IN CASE WHEN EXISTS { (r)-[:TESTED]->() } THEN [] ELSE [1] END |
  CREATE (r)-[:TESTED]->(s))
MERGE (r)-[:AT]->(t)
WITH r, row
CALL (r, row) {
  MATCH (x:Blob {digest: row.text})
  MERGE (r)-[:HAS_TEXT]->(x)
  RETURN count(*) AS texts
}
RETURN sum(CASE WHEN r.load = $p.load THEN 1 ELSE 0 END) AS created
