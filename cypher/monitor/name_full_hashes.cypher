// Note the full hashes by which Spack 0.18's monitor knows specs, where none is known.
// parameters: rows
// columns: specs
UNWIND $p.rows AS row
MATCH (s:Spec {hash: row.hash})
WHERE s.full_hash IS NULL
SET s.full_hash = row.full_hash
RETURN count(*) AS specs
