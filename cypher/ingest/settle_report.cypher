// Record which attempts were read from a report, unless another file of it arrived meanwhile.
// parameters: uid, revision, attempts, now
// columns: settled
// used by: loaders/pipeline/cdash_uploads.py
MATCH (r:Report {uid: $p.uid})
SET r.received = $p.now
WITH r
WHERE r.revision = $p.revision
SET r.told = $p.attempts
RETURN true AS settled
