// Delete some of the entries of the audit that are older than some time, the oldest first.
// parameters: before, limit
// columns: dropped
// used by: loaders/store/audit.py
MATCH (a:AuditEntry)
WHERE a.uid < $p.before
WITH a ORDER BY a.uid
LIMIT $p.limit
DELETE a
RETURN count(*) AS dropped
