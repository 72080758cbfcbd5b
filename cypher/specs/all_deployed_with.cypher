// Every spec, root or not, that is deployed with one of these.
// parameters: targets
// columns: hashes
// used by: service/queries/all_specs.py
UNWIND $p.targets AS hash
MATCH (:Spec {hash: hash})<-[:DEPENDS_ON*0.. {runtime: true}]-(s:Spec)
RETURN collect(DISTINCT s.hash) AS hashes
