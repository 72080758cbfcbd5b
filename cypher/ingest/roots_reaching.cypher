// Return the identities of the roots that were built with or are deployed with one of these contents.
// parameters: uids
// columns: roots
// used by: loaders/store/removal/specs.py, loaders/store/settling.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})<-[:BUILT_WITH|DEPLOYED_WITH]-(r:Root)
USING INDEX SEEK s:Spec(uid)
RETURN collect(DISTINCT r.uid) AS roots
