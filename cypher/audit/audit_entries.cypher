// A page of the audit, newest first: entries of a name, a document, an address or from some time on.
// parameters: name, digest, address, since, before, limit
// columns: items
// used by: service/queries/audit.py
CALL () {
  MATCH (a:AuditEntry)
  WHERE a.uid < $p.before AND a.time >= $p.since
    AND ($p.address IS NULL OR a.address = $p.address)
    AND $p.name IS NULL AND $p.digest IS NULL
  WITH a ORDER BY a.uid DESC LIMIT $p.limit
  RETURN a
  UNION ALL
  MATCH (a:AuditEntry {name: $p.name})
  WHERE a.uid < $p.before AND a.time >= $p.since
    AND ($p.address IS NULL OR a.address = $p.address)
    AND $p.digest IS NULL
  WITH a ORDER BY a.uid DESC LIMIT $p.limit
  RETURN a
  UNION ALL
  MATCH (a:AuditEntry {digest: $p.digest})
  WHERE a.uid < $p.before AND a.time >= $p.since
    AND ($p.address IS NULL OR a.address = $p.address)
    AND ($p.name IS NULL OR a.name = $p.name)
  WITH a ORDER BY a.uid DESC LIMIT $p.limit
  RETURN a
}
RETURN collect(a {
  .uid, .time, .method, .path, .status, .address, .token, .name, .site, .digest, .bytes, .request
}) AS items
