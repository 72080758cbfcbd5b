// A page of runs of tests of installed specs, newest first: of some specs, or of all.
// parameters: hashes, status, site, before, limit
// columns: total, items
// owns up to: NodeByLabelScan
CALL () {
  MATCH (r:TestRun)
  WHERE $hashes IS NULL
  RETURN r
  UNION ALL
  UNWIND $hashes AS hash
  MATCH (r:TestRun {hash: hash})
  RETURN r
}
WITH r WHERE $status IS NULL OR r.status = $status
MATCH (r)-[:TESTED]->(s:Spec)
MATCH (r)-[:AT]->(t:Site)
WHERE $site IS NULL OR t.name = $site
WITH r, s, t, r.sort_key AS sort_key
ORDER BY sort_key DESC
WITH collect([r, s, t, sort_key]) AS found
RETURN size(found) AS total,
COLLECT {
  UNWIND [each IN found WHERE each[3] < $before][..$limit] AS each
  WITH each[0] AS r, each[1] AS s, each[2] AS t, each[3] AS sort_key
  RETURN r {
    .uid, .hash, .status, .started, .seconds, .parts, name: s.name, version: s.version,
    site: t.name, sort_key: sort_key
  }
} AS items
