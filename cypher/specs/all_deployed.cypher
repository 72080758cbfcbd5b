// Every spec, root or not, that is deployed with one of these.
// parameters: deployed
// columns: hashes
UNWIND $p.deployed AS wanted
MATCH (:Spec {hash: wanted})<-[:DEPENDS_ON*0.. {runtime: true}]-(s:Spec)
RETURN collect(DISTINCT s.hash) AS hashes
