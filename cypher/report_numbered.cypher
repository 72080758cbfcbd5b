// The uid of the report with a number.
// parameters: number
// columns: uid
MATCH (r:Report {number: $number})
RETURN r.uid AS uid
LIMIT 1
