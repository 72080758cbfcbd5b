// Write other values of properties of relationships, unless these changed since they were read; return the
// ids of those that were written.
// parameters: rows
// columns: ids
// used by: loaders/store/removal/stored_secrets.py
UNWIND $p.rows AS row
MATCH ()-[r]->() WHERE elementId(r) = row.id
WITH r, row
WHERE all(key IN keys(row.before) WHERE r[key] = row.before[key])
SET r += row.after
RETURN collect(row.id) AS ids
