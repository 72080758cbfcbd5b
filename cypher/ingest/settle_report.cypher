// Note what was read from a report, unless another file of it came meanwhile.
// parameters: uid, revision, told, now
// columns: settled
MATCH (r:Report {uid: $p.uid})
SET r.received = $p.now
WITH r
WHERE r.revision = $p.revision
SET r.told = $p.told
RETURN true AS settled
