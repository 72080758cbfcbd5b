// Let the phases of an attempt go by its uid.
// parameters: uid
// columns: renamed
MATCH (b:Build {uid: $p.uid})-[:RAN]->(p:Phase)
SET p.uid = $p.uid + ':' + p.name
RETURN count(*) AS renamed
