// Let the phases of an attempt go by its uid.
// parameters: uid
// columns: renamed
MATCH (b:Build {uid: $uid})-[:RAN]->(p:Phase)
SET p.uid = $uid + ':' + p.name
RETURN count(*) AS renamed
