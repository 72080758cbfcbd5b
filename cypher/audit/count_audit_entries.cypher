// The number of entries of the audit that are older than some time.
// parameters: before
// columns: entries
// used by: loaders/store/audit.py
MATCH (a:AuditEntry)
WHERE a.uid < $p.before
RETURN count(*) AS entries
