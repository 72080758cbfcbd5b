// Create an announcement if necessary, lock it, and return its properties.
// parameters: uid
// columns: announcement
// used by: loaders/monitor/announcements.py
MERGE (a:Announcement {uid: $p.uid})
SET a.uid = $p.uid
WITH a
RETURN properties(a) AS announcement
