// Note what was read from a report, unless another file of it came meanwhile.
// parameters: uid, revision, told, now
// columns: settled
MATCH (r:Report {uid: $uid})
SET r.received = $now
WITH r
WHERE r.revision = $revision
SET r.told = $told
RETURN true AS settled
