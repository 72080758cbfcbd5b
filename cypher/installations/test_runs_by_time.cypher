// A page of the test runs of installed specs, newest first, and their number: of some specs, or of
// all.
// parameters: hashes, status, site, before, limit
// columns: total, items
// owns up to: NodeByLabelScan
// used by: service/queries/test_runs.py
CALL () {
  MATCH (r:TestRun)
  WHERE $p.hashes IS NULL
  RETURN r
  UNION ALL
  UNWIND $p.hashes AS hash
  MATCH (r:TestRun {hash: hash})
  RETURN r
}
WITH r WHERE $p.status IS NULL OR r.status = $p.status
MATCH (r)-[:TESTED]->(s:Spec)
MATCH (r)-[:AT]->(t:Site)
WHERE $p.site IS NULL OR t.name = $p.site
WITH r, s, t ORDER BY r.sort_key DESC
WITH collect({run: r, spec: s, site: t}) AS found
RETURN size(found) AS total,
COLLECT {
  UNWIND [each IN found WHERE each.run.sort_key < $p.before][..$p.limit] AS each
  WITH each.run AS r, each.spec AS s, each.site AS t
  RETURN r {
    .uid, .hash, .status, .started, .seconds, .parts, .sort_key, name: s.name, version: s.version,
    site: t.name
  }
} AS items
