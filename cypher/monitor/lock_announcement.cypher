// Make this announcement where it is not there, lock it, and tell what is known of it.
// parameters: uid
// columns: known
MERGE (a:Announcement {uid: $p.uid})
SET a.uid = $p.uid
WITH a
RETURN properties(a) AS known
