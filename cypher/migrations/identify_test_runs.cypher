// Give test runs new uids. One whose new uid is taken stays as it is.
// parameters: rows
// columns: changed
// used by: loaders/store/site_identities.py
UNWIND $p.rows AS row
MATCH (r:TestRun {uid: row.old})
WHERE NOT EXISTS { MATCH (:TestRun {uid: row.new}) }
SET r.uid = row.new, r.sort_key = split(r.sort_key, ':')[0] + ':' + row.new
RETURN count(*) AS changed
