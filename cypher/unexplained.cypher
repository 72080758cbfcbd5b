// The newest announcements in an environment whose last attempt failed without a reason.
// parameters: environment, limit
// columns: numbers
MATCH (a:Announcement {unexplained: $environment})
WITH a
ORDER BY a.number DESC
LIMIT $limit
RETURN collect(a.number) AS numbers
