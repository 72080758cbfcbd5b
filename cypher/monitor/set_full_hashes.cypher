// Set the full hashes by which Spack 0.18's monitor identifies specs, for specs without one.
// parameters: rows
// columns: specs
// used by: loaders/monitor/specs.py
UNWIND $p.rows AS row
MATCH (s:Spec {hash: row.hash})
USING INDEX SEEK s:Spec(hash)
WHERE s.full_hash IS NULL
SET s.full_hash = row.full_hash
RETURN count(*) AS specs
