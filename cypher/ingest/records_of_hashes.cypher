// The attempts, installations and test runs that are recorded under these hashes, and those of the
// hashes that skipped attempts blame.
// parameters: hashes
// columns: records
// used by: loaders/store/old_hashes.py
UNWIND $p.hashes AS hash
WITH hash, COLLECT {
  MATCH (b:Build {hash: hash})
  RETURN {
    uid: b.uid, key: b.key, hash: hash, site: head([(b)-[:AT]->(t:Site) | t.name])
  }
} AS attempts, COLLECT {
  MATCH (i:Installation {hash: hash})
  RETURN {uid: i.uid, full_hash: i.full_hash, hash: hash}
} AS installations, COLLECT {
  MATCH (r:TestRun {hash: hash})
  RETURN {uid: r.uid, full_hash: r.full_hash, hash: hash}
} AS test_runs, EXISTS {
  MATCH (s:Spec {hash: hash})
  USING INDEX SEEK s:Spec(hash)
  WHERE (s)<-[:BLAMES]-(:Build)
} AS blamed
WHERE blamed OR size(attempts) > 0 OR size(installations) > 0 OR size(test_runs) > 0
RETURN collect({
  hash: hash, attempts: attempts, installations: installations, test_runs: test_runs
}) AS records
