// The most frequent diagnostics of a kind, by the number of attempts that they stopped or of lines
// in logs, from a place in that order on. Each with the packages and sites that it hit.
// parameters: kind, causes, text, skip, limit
// columns: items
// owns up to: NodeByLabelScan
// used by: service/queries/diagnostics.py
MATCH (d:Diagnostic)
WHERE ($p.kind IS NULL OR d.kind = $p.kind) AND ($p.text IS NULL OR d.text CONTAINS $p.text)
WITH d, CASE WHEN $p.causes
  THEN COUNT { (d)<-[:FAILED_BY]-() }
  ELSE COUNT { (d)<-[:REPORTED]-() } END AS times
WHERE times > 0
WITH d, times ORDER BY times DESC, d.fingerprint SKIP $p.skip LIMIT $p.limit
CALL (d) {
  MATCH (d)<-[:REPORTED]-(:Phase)<-[:RAN]-(b:Build)
  WITH DISTINCT b
  RETURN count(b) AS builds, collect(DISTINCT b.name)[..10] AS packages,
    count(DISTINCT b.name) AS packages_count,
    collect(DISTINCT head([(b)-[:AT]->(s:Site) | s.name]))[..10] AS sites
}
RETURN collect(d {
  .fingerprint, .kind, .text, builds: builds, packages: packages, packages_count: packages_count,
  sites: sites, stopped: COUNT { (d)<-[:FAILED_BY]-() }, occurrences: COUNT { (d)<-[:REPORTED]-() }
}) AS items
