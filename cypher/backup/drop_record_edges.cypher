// Delete the relationships that specs have by their former records.
// parameters: uids
// columns: dropped
// used by: loaders/backup/restore.py
UNWIND $p.uids AS uid
MATCH (:Spec {uid: uid})-[old:DEPENDS_ON|SPLICED_FROM]->()
DELETE old
RETURN count(*) AS dropped
