// Some claims in the order of their identities, with their records.
// parameters: after, limit
// columns: uid, hash, document
// used by: loaders/doctor/records.py
MATCH (c:Claim)
WHERE c.uid > $p.after
WITH c ORDER BY c.uid LIMIT $p.limit
RETURN c.uid AS uid, c.hash AS hash, c.document AS document
ORDER BY uid
