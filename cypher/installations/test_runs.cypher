// A page of runs of tests of installed specs, newest first: of some specs, or of all.
// parameters: hashes, status, site, before, limit
// columns: total, items
// owns up to: NodeByLabelScan
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
WITH r, s, t, r.sort_key AS sort_key
ORDER BY sort_key DESC
WITH collect([r, s, t, sort_key]) AS found
RETURN size(found) AS total,
COLLECT {
  UNWIND [each IN found WHERE each[3] < $p.before][..$p.limit] AS each
  WITH each[0] AS r, each[1] AS s, each[2] AS t, each[3] AS sort_key
  RETURN r {
    .uid, .hash, .status, .started, .seconds, .parts, name: s.name, version: s.version,
    site: t.name, sort_key: sort_key
  }
} AS items
