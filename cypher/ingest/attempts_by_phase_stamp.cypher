// Return attempts with another uid if one of their phases began at the same moment as a phase of
// these attempts.
// parameters: attempts
// columns: pairs
// used by: loaders/store/same_attempts.py
UNWIND $p.attempts AS row
MATCH (b:Build {hash: row.hash})-[:RAN]->(p:Phase)
WHERE b.uid <> row.uid AND p.stamp IN row.stamps AND b.key IS NOT NULL
WITH DISTINCT row.uid AS uid, b
RETURN collect({uid: uid, other_uid: b.uid, other_key: b.key}) AS pairs
