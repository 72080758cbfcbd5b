// Give builds new uids. One whose new uid is taken stays as it is.
// parameters: rows
// columns: changed
// used by: loaders/store/site_identities.py
UNWIND $p.rows AS row
MATCH (b:Build {uid: row.old})
WHERE NOT EXISTS { MATCH (:Build {uid: row.new}) }
SET b.uid = row.new, b.sort_key = split(b.sort_key, ':')[0] + ':' + row.new
FOREACH (p IN [(b)-[:RAN]->(p:Phase) | p] | SET p.uid = row.new + ':' + p.name)
RETURN count(*) AS changed
