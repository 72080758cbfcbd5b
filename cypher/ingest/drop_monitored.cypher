// Take out an attempt that goes by another uid now, unless other documents tell of it too.
// parameters: uid, source
// columns: dropped
MATCH (b:Build {uid: $p.uid})
WHERE b.standing STARTS WITH $p.source
OPTIONAL MATCH (b)-[:RAN]->(p:Phase)
DETACH DELETE b, p
RETURN count(DISTINCT b) AS dropped
