// Delete some of the test runs at a site; return their specs and texts.
// parameters: site, limit
// columns: dropped
// used by: loaders/store/removal/sites.py
MATCH (t:Site {name: $p.site})
WITH t
MATCH (t)<-[:AT]-(r:TestRun)
WITH r LIMIT $p.limit
WITH r, {
  specs: [(r)-[:TESTED]->(s) | s.uid], texts: [(r)-[:HAS_TEXT]->(x) | x.digest]
} AS row
DETACH DELETE r
RETURN collect(row) AS dropped
