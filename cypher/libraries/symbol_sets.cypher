// Some packed sets of symbols.
// parameters: uids
// columns: uid, data
// used by: service/queries/libraries.py
UNWIND $p.uids AS uid
MATCH (x:SymbolSet {uid: uid})
RETURN x.uid AS uid, x.data AS data
