// Delete an attempt that has another uid now, unless other documents are evidence for it too.
// parameters: uid, source
// columns: dropped
// used by: loaders/monitor/locked_build.py, loaders/store/same_attempts.py
MATCH (b:Build {uid: $p.uid})
WHERE b.standing STARTS WITH $p.source
OPTIONAL MATCH (b)-[:RAN]->(p:Phase)
DETACH DELETE b, p
RETURN count(DISTINCT b) AS dropped
