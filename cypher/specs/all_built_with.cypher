// Every spec, root or not, that was built with one of these.
// parameters: targets
// columns: hashes
// used by: service/queries/all_specs.py
UNWIND $p.targets AS hash
MATCH (:Spec {hash: hash})<-[:DEPENDS_ON|SPLICED_FROM*0..]-(a:Spec)
WITH DISTINCT a
WHERE NOT coalesce(a.spliced, false)
MATCH (a)<-[:SPLICED_FROM*0..]-(s:Spec)
RETURN collect(DISTINCT s.hash) AS hashes
