// Return the newest announcements of an owner, or without one, in an environment, at a site, whose
// last attempt failed without a reason.
// parameters: environment, site, owner, limit
// columns: numbers
// used by: loaders/monitor/locked_build.py
MATCH (a:Announcement {unexplained: $p.environment})
WHERE a.site = $p.site AND coalesce(a.owner, '') = coalesce($p.owner, '')
WITH a
ORDER BY a.number DESC
LIMIT $p.limit
RETURN collect(a.number) AS numbers
