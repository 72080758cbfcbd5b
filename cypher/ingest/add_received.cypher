// Add to stored documents the digests of their JSON as it was received again, with other white
// space; the newest 16 are kept.
// parameters: documents
// columns: documents
// used by: loaders/store/specs.py
UNWIND $p.documents AS row
MATCH (d:Document {digest: row.digest})
WHERE NOT row.received IN coalesce(d.received, [])
WITH d, coalesce(d.received, []) + row.received AS received
SET d.received = received[-16..]
RETURN count(*) AS documents
