// The uid of the report with a number.
// parameters: number
// columns: uid
MATCH (r:Report {number: $p.number})
RETURN r.uid AS uid
LIMIT 1
