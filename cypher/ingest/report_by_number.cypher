// Return the uid of the report with a number.
// parameters: number
// columns: uid
// used by: loaders/pipeline/cdash_uploads.py
MATCH (r:Report {number: $p.number})
RETURN r.uid AS uid
LIMIT 1
