// Those of some libraries that are stored, with their symbols.
// parameters: uids
// columns: uids
// used by: loaders/store/libraries.py
UNWIND $p.uids AS uid
MATCH (l:Library {uid: uid})
RETURN collect(l.uid) AS uids
