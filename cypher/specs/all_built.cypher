// Every spec, root or not, that was built with one of these.
// parameters: built
// columns: hashes
UNWIND $p.built AS wanted
MATCH (:Spec {hash: wanted})<-[:DEPENDS_ON|SPLICED_FROM*0..]-(a:Spec)
WITH DISTINCT a
WHERE NOT coalesce(a.spliced, false)
MATCH (a)<-[:SPLICED_FROM*0..]-(s:Spec)
RETURN collect(DISTINCT s.hash) AS hashes
