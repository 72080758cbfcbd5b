// The whole specs that have one of these hashes as their hash over link and run dependencies only.
// parameters: hashes
// columns: carriers
// used by: loaders/store/old_hashes.py
UNWIND $p.hashes AS hash
MATCH (s:Spec {runtime_hash: hash})
USING INDEX SEEK s:Spec(runtime_hash)
WHERE s.hash <> hash AND NOT coalesce(s.stub, false)
WITH DISTINCT hash, s {named: hash, .hash, .full_hash, .build_hash} AS carrier
RETURN collect(carrier) AS carriers
