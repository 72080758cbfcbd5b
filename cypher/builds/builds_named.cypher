// Attempts whose uid starts so.
// parameters: prefix
// columns: uid
MATCH (b:Build)
WHERE b.uid STARTS WITH $p.prefix AND b.standing IS NOT NULL
RETURN b.uid AS uid
LIMIT 20
