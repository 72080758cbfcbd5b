// Return the newest announcements in an environment whose last attempt failed without a reason.
// parameters: environment, limit
// columns: numbers
// used by: loaders/monitor/locked_build.py
MATCH (a:Announcement {unexplained: $p.environment})
WITH a
ORDER BY a.number DESC
LIMIT $p.limit
RETURN collect(a.number) AS numbers
