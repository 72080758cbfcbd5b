// Every spec, root or not, that is deployed with one of these.
// parameters: targets
// columns: uids
// used by: service/queries/all_specs.py
UNWIND $p.targets AS uid
MATCH (:Spec {uid: uid})<-[:DEPENDS_ON*0.. {runtime: true}]-(s:Spec)
RETURN collect(DISTINCT s.uid) AS uids
