// Set the pure hashes of spliced specs.
// parameters: rows
// columns: changed
// used by: loaders/store/migrations.py
UNWIND $p.rows AS row
MATCH (s:Spec {uid: row.uid})
WHERE s.spliced AND s.pure_hash IS NULL
SET s.pure_hash = row.pure_hash
RETURN count(*) AS changed
