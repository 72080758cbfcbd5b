// The specs that were seen to provide a virtual.
// parameters: name
// columns: uids
// used by: service/queries/selection.py
MATCH (:Virtual {name: $p.name})<-[:PROVIDES]-(s:Spec)
RETURN collect(s.uid) AS uids
