// Some specs that are stored whole, the newest version first.
// parameters: uids
// columns: uids
// used by: service/queries/nearest.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})
WHERE s.document IS NOT NULL
WITH s ORDER BY s.version_key DESC, s.uid
RETURN collect(s.uid) AS uids
