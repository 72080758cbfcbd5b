// Every spec, root or not, that was spliced from one of these, at once or step by step.
// parameters: spliced_from
// columns: hashes
UNWIND $p.spliced_from AS wanted
MATCH (:Spec {hash: wanted})<-[:SPLICED_FROM*1..]-(s:Spec)
RETURN collect(DISTINCT s.hash) AS hashes
