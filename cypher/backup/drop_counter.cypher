// Delete a counter.
// parameters: name
// columns: dropped
// used by: loaders/backup/restore.py
MATCH (c:Counter {name: $p.name})
DELETE c
RETURN count(*) AS dropped
