// Give the stubs of these hashes the identity of a content of that hash, so that what refers to the
// stub refers to the content.
// parameters: rows
// columns: adopted
// used by: loaders/store/spec_writes.py
UNWIND $p.rows AS row
MATCH (s:Spec {uid: row.hash})
WHERE s.stub AND NOT EXISTS { MATCH (:Spec {uid: row.uid}) }
SET s.uid = row.uid
RETURN count(*) AS adopted
