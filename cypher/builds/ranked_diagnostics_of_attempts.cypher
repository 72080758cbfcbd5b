// The most frequent diagnostics of a kind among the attempts at some specs, made at a site if one
// is given, or among all attempts made at a site. From a place in the order of frequency on.
// parameters: hashes, kind, causes, text, site, skip, limit
// columns: items
// used by: service/queries/diagnostics.py
CALL () {
  UNWIND $p.hashes AS hash
  MATCH (b:Build {hash: hash})
  WHERE $p.site IS NULL OR EXISTS { (b)-[:AT]->(:Site {name: $p.site}) }
  RETURN b
  UNION ALL
  MATCH (:Site {name: $p.site})<-[:AT]-(b:Build)
  WHERE $p.hashes IS NULL
  RETURN b
}
CALL (b) {
  MATCH (b)-[:RAN]->(:Phase)-[:REPORTED]->(d:Diagnostic)
  WHERE NOT $p.causes
  RETURN d, count(*) AS times, EXISTS { (b)-[:FAILED_BY]->(d) } AS stopped
  UNION ALL
  MATCH (b)-[:FAILED_BY]->(d:Diagnostic)
  WHERE $p.causes
  RETURN d, 1 AS times, true AS stopped
}
WITH d, sum(times) AS occurrences, sum(CASE WHEN stopped THEN 1 ELSE 0 END) AS stopped,
  collect(DISTINCT b) AS builds
WHERE ($p.kind IS NULL OR d.kind = $p.kind) AND ($p.text IS NULL OR d.text CONTAINS $p.text)
WITH d, occurrences, stopped, builds
ORDER BY size(builds) DESC, d.fingerprint SKIP $p.skip LIMIT $p.limit
UNWIND builds AS b
WITH d, occurrences, stopped, collect(DISTINCT b.name) AS packages, size(builds) AS found,
  collect(DISTINCT head([(b)-[:AT]->(s:Site) | s.name])) AS sites
ORDER BY found DESC, d.fingerprint
RETURN collect(d {
  .fingerprint, .kind, .text, builds: found, packages: packages[..10],
  packages_count: size(packages), sites: sites[..10], occurrences: occurrences,
  stopped: stopped
}) AS items
