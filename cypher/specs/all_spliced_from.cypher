// Every spec, root or not, that was spliced from one of these, directly or over several splices.
// parameters: targets
// columns: hashes
// used by: service/queries/all_specs.py
UNWIND $p.targets AS hash
MATCH (:Spec {hash: hash})<-[:SPLICED_FROM*1..]-(s:Spec)
RETURN collect(DISTINCT s.hash) AS hashes
