// Some stored texts in the order of their digests.
// parameters: after, limit
// columns: digest, data
// used by: loaders/doctor/records.py
MATCH (b:Blob)
WHERE b.digest > $p.after
WITH b ORDER BY b.digest LIMIT $p.limit
RETURN b.digest AS digest, b.data AS data
ORDER BY digest
