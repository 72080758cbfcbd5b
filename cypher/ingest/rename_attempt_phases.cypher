// Derive the uids of an attempt's phases from that of the attempt.
// parameters: uid
// columns: renamed
// used by: loaders/store/same_attempts.py
MATCH (b:Build {uid: $p.uid})-[:RAN]->(p:Phase)
SET p.uid = $p.uid + ':' + p.name
RETURN count(*) AS renamed
