// Add an entry to the audit.
// parameters: entry
// columns: uid
// used by: loaders/store/audit.py
CREATE (a:AuditEntry)
SET a = $p.entry
RETURN a.uid AS uid
