// Delete the CDash reports all of whose attempts are gone: some of these attempts, and no other that is
// stored. Return the texts of their files.
// parameters: builds
// columns: dropped
// owns up to: NodeByLabelScan
// used by: loaders/store/removal/attempts.py
MATCH (r:Report)
WHERE any(each IN r.told WHERE split(each, ':')[0] IN $p.builds)
CALL (r) {
  UNWIND r.told AS each
  MATCH (b:Build {uid: split(each, ':')[0]})
  RETURN count(b) AS left
}
WITH r WHERE left = 0
WITH r, [(r)-[:RECEIVED]->(x) | x.digest] AS texts
DETACH DELETE r
RETURN collect(texts) AS dropped
