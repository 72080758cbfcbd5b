// Let an attempt go by another uid, unless one does already.
// parameters: old, new, key
// columns: renamed
MATCH (b:Build {uid: $p.old})
WHERE NOT EXISTS { MATCH (:Build {uid: $p.new}) }
SET b.uid = $p.new, b.key = $p.key
RETURN count(*) AS renamed
