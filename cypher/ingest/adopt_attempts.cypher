// Give attempts at a site new uids. One whose new uid is taken stays as it is.
// parameters: attempts, site
// columns: adopted
// used by: loaders/store/attempts.py
UNWIND $p.attempts AS row
MATCH (b:Build {uid: row.former})-[:AT]->(:Site {name: $p.site})
WHERE NOT EXISTS { MATCH (:Build {uid: row.uid}) }
SET b.uid = row.uid, b.sort_key = split(b.sort_key, ':')[0] + ':' + row.uid
FOREACH (p IN [(b)-[:RAN]->(p:Phase) | p] | SET p.uid = row.uid + ':' + p.name)
RETURN count(*) AS adopted
