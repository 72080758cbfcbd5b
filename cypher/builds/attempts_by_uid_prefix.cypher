// Uids of the attempts whose uid starts with a prefix, at most two.
// parameters: prefix
// columns: uid
// used by: service/queries/attempt_details.py
MATCH (b:Build)
WHERE b.uid STARTS WITH $p.prefix AND b.standing IS NOT NULL
RETURN b.uid AS uid
LIMIT 2
