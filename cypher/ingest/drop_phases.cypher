// Take out the phases and the cause of these attempts: a better document brings them anew.
// parameters: uids
// columns: dropped
UNWIND $p.uids AS uid
MATCH (b:Build {uid: uid})
OPTIONAL MATCH (b)-[:RAN]->(p:Phase)
OPTIONAL MATCH (b)-[f:FAILED_BY]->()
DELETE f
DETACH DELETE p
RETURN count(DISTINCT p) AS dropped
