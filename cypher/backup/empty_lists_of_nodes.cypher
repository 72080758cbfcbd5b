// Set the empty lists that the offline import named instead of writing them to nodes.
// columns: changed
// owns up to: AllNodesScan
// used by: loaders/backup/import_files.py
MATCH (n)
WHERE n.empty_lists IS NOT NULL
CALL (n) {
  FOREACH (name IN n.empty_lists | SET n[name] = [])
  REMOVE n.empty_lists
} IN TRANSACTIONS OF 20000 ROWS
RETURN count(*) AS changed
