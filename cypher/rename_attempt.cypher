// Let an attempt go by another uid, unless one does already.
// parameters: old, new, key
// columns: renamed
MATCH (b:Build {uid: $old})
WHERE NOT EXISTS { MATCH (:Build {uid: $new}) }
SET b.uid = $new, b.key = $key
RETURN count(*) AS renamed
