// Take out what a better document on these attempts brings anew: the host, the variables, the culprit,
// and the documents kept with them that have these names.
// parameters: attempts
// columns: dropped
UNWIND $p.attempts AS row
MATCH (b:Build {uid: row.uid})
OPTIONAL MATCH (b)-[old:IN|SAW|BLAMES|KEPT]->()
WHERE CASE type(old)
  WHEN 'IN' THEN row.host
  WHEN 'SAW' THEN row.variables
  WHEN 'BLAMES' THEN row.culprit
  ELSE old.name IN row.names END
DELETE old
RETURN count(old) AS dropped
