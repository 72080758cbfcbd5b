// Lock the announcement with a number, and return it with its spec.
// parameters: number
// columns: announcement
// used by: loaders/monitor/locked_build.py
MATCH (a:Announcement {number: $p.number})
SET a.number = $p.number
WITH a
MATCH (a)-[:OF]->(s:Spec)
// Two, if the contents of a hash changed places before announcements followed them.
WITH a, s
ORDER BY
  // include: content_order
LIMIT 1
RETURN a {
  .*, hash: s.hash, name: s.name, version: s.version, full_hash: s.full_hash
} AS announcement
