// Delete some of the announcements of a site with their phase reports; return their specs and texts.
// parameters: site, limit
// columns: dropped
// owns up to: NodeByLabelScan
// used by: loaders/store/removal/sites.py
MATCH (a:Announcement)
WHERE a.site = $p.site
WITH a LIMIT $p.limit
WITH a, {
  specs: [(a)-[:OF]->(s) | s.uid], texts: [(a)-[:TOLD]->()-[:HAS_TEXT]->(x) | x.digest]
} AS row
CALL (a) {
  MATCH (a)-[:TOLD]->(p:PhaseReport)
  DETACH DELETE p
}
DETACH DELETE a
RETURN collect(row) AS dropped
