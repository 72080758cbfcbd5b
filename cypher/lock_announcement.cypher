// Make this announcement where it is not there, lock it, and tell what is known of it.
// parameters: uid
// columns: known
MERGE (a:Announcement {uid: $uid})
SET a.uid = $uid
WITH a
RETURN properties(a) AS known
