// Take back what documents told of attempts; an attempt of which nothing else tells goes with it.
// parameters: attempts
// columns: dropped
UNWIND $p.attempts AS row
MATCH (b:Build {uid: row.uid})
SET b.evidence = [d IN b.evidence WHERE d <> row.digest],
  b.standing = CASE WHEN b.standing ENDS WITH row.digest THEN '9' ELSE b.standing END
WITH b
WHERE size(b.evidence) = 0
OPTIONAL MATCH (b)-[:RAN]->(p:Phase)
DETACH DELETE p
DETACH DELETE b
RETURN count(*) AS dropped
