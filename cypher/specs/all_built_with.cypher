// Every spec, root or not, that was built with one of these.
// parameters: targets
// columns: uids
// used by: service/queries/all_specs.py
UNWIND $p.targets AS uid
MATCH (:Spec {uid: uid})<-[:DEPENDS_ON|SPLICED_FROM*0..]-(a:Spec)
WITH DISTINCT a
WHERE NOT EXISTS { (a)-[:SPLICED_FROM]->() }
MATCH (a)<-[:SPLICED_FROM*0..]-(s:Spec)
WHERE s <> a OR a.stripped IS NULL
RETURN collect(DISTINCT s.uid) AS uids
