// Give test runs at a site new uids. One whose new uid is taken stays as it is.
// parameters: runs, site
// columns: adopted
// used by: loaders/store/installations.py
UNWIND $p.runs AS row
MATCH (r:TestRun {uid: row.former})-[:AT]->(:Site {name: $p.site})
WHERE NOT EXISTS { MATCH (:TestRun {uid: row.uid}) }
SET r.uid = row.uid, r.sort_key = split(r.sort_key, ':')[0] + ':' + row.uid
RETURN count(*) AS adopted
