// Retract documents as evidence for attempts. An attempt without any other evidence is deleted.
// parameters: attempts
// columns: dropped
// used by: loaders/pipeline/cdash_uploads.py
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
