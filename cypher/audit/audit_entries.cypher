// A page of the audit, newest first: entries of a name, a document, an address or from some time on.
// parameters: name, digest, address, since, before, limit
// columns: items
// owns up to: NodeIndexScan
// used by: service/queries/audit.py
CALL () {
  MATCH (a:AuditEntry)
  WHERE $p.name IS NULL AND $p.digest IS NULL AND a.uid >= $p.since AND a.uid < $p.before
  RETURN a
  UNION
  MATCH (a:AuditEntry {name: $p.name})
  WHERE $p.digest IS NULL AND a.uid >= $p.since AND a.uid < $p.before
  RETURN a
  UNION
  MATCH (a:AuditEntry {digest: $p.digest})
  WHERE ($p.name IS NULL OR a.name = $p.name) AND a.uid >= $p.since AND a.uid < $p.before
  RETURN a
}
WITH a
WHERE $p.address IS NULL OR a.address = $p.address
ORDER BY a.uid DESC
LIMIT $p.limit
RETURN collect(a {
  .uid, .time, .method, .path, .status, .address, .token, .name, .site, .digest, .bytes, .request
}) AS items
