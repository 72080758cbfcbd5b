// Every spec, root or not, that was spliced from one of these, directly or over several splices.
// parameters: targets
// columns: uids
// used by: service/queries/all_specs.py
UNWIND $p.targets AS uid
MATCH (:Spec {uid: uid})<-[:SPLICED_FROM*1..]-(s:Spec)
RETURN collect(DISTINCT s.uid) AS uids
