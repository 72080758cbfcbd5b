// Whether the graph has nothing but the version of its schema.
// parameters: name
// columns: empty
// owns up to: AllNodesScan
// used by: loaders/backup/restore.py
RETURN NOT EXISTS { MATCH (n) WHERE NOT coalesce(n:Counter AND n.name = $p.name, false) } AS empty
