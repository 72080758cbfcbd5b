// Let reports have received nothing.
// parameters: uids
// columns: dropped
// used by: loaders/backup/restore.py
UNWIND $p.uids AS uid
MATCH (:Report {uid: uid})-[old:RECEIVED]->()
DELETE old
RETURN count(*) AS dropped
