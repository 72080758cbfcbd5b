// Delete some of the installations at a site; return their number and their specs. The specs that remain
// keep the time of their newest installation that is left.
// parameters: site, limit
// columns: dropped
// used by: loaders/store/removal/sites.py
MATCH (t:Site {name: $p.site})
WITH t
MATCH (t)<-[:AT]-(i:Installation)
WITH i LIMIT $p.limit
WITH i, head([(i)-[:OF]->(s) | s]) AS s
DETACH DELETE i
WITH count(*) AS installations, collect(DISTINCT s) AS specs
CALL (specs) {
  UNWIND specs AS s
  WITH s WHERE s.installed_at IS NOT NULL
  OPTIONAL MATCH (s)<-[:OF]-(other:Installation)
  WHERE other.installed
  WITH s, max(other.installed_at) AS newest
  SET s.installed_at = newest
}
RETURN {installations: installations, specs: [s IN specs | s.uid]} AS dropped
