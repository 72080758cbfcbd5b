// Give an attempt another uid, unless that is taken.
// parameters: old, new, key
// columns: renamed
// used by: loaders/store/same_attempts.py
MATCH (b:Build {uid: $p.old})
WHERE NOT EXISTS { MATCH (:Build {uid: $p.new}) }
SET b.uid = $p.new, b.key = $p.key
RETURN count(*) AS renamed
