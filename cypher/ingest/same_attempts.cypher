// Attempts that go by another uid and have a phase that began at the same moment as one of these:
// an attempt, and the other one's uid and key.
// parameters: attempts
// columns: pairs
UNWIND $p.attempts AS row
MATCH (b:Build {hash: row.hash})-[:RAN]->(p:Phase)
WHERE b.uid <> row.uid AND p.stamp IN row.stamps AND b.key IS NOT NULL
WITH DISTINCT row.uid AS uid, b
RETURN collect([uid, b.uid, b.key]) AS pairs
