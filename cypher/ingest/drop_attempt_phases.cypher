// Delete the phases and the cause of attempts, which a better document replaces.
// parameters: uids
// columns: dropped
// used by: loaders/store/attempts.py, loaders/store/same_attempts.py
UNWIND $p.uids AS uid
MATCH (b:Build {uid: uid})
OPTIONAL MATCH (b)-[:RAN]->(p:Phase)
OPTIONAL MATCH (b)-[f:FAILED_BY]->()
DELETE f
DETACH DELETE p
RETURN count(DISTINCT p) AS dropped
