// Return attempts with another uid at a site if one of their phases began at the same moment as a
// phase of these attempts, unless they belong to another owner.
// parameters: attempts, owner
// columns: pairs
// used by: loaders/store/same_attempts.py
UNWIND $p.attempts AS row
MATCH (b:Build {hash: row.hash})-[:RAN]->(p:Phase)
WHERE b.uid <> row.uid AND p.stamp IN row.stamps AND b.key IS NOT NULL
  AND ($p.owner IS NULL OR b.owner IS NULL OR b.owner = $p.owner)
  AND EXISTS { (b)-[:AT]->(:Site {name: row.site}) }
WITH DISTINCT row.uid AS uid, b
RETURN collect({uid: uid, other_uid: b.uid, other_key: b.key}) AS pairs
