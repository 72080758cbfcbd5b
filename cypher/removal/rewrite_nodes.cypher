// Write other values of properties of nodes, unless these changed since they were read; return the ids of
// those that were written.
// parameters: rows
// columns: ids
// used by: loaders/store/removal/stored_secrets.py
UNWIND $p.rows AS row
MATCH (n) WHERE elementId(n) = row.id
SET n.redacted = n.redacted
WITH n, row
WHERE all(key IN keys(row.before) WHERE n[key] = row.before[key])
SET n += row.after
RETURN collect(row.id) AS ids
