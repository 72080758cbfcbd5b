// Delete the parts of attempts that a better document replaces: host, variables, culprit, and
// the attachments with these names.
// parameters: attempts
// columns: dropped
// used by: loaders/store/attempts.py
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
