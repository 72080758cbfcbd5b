// Set the empty lists that the offline import named instead of writing them to relationships.
// columns: changed
// owns up to: DirectedAllRelationshipsScan
// used by: loaders/backup/import_files.py
MATCH ()-[r]->()
WHERE r.empty_lists IS NOT NULL
CALL (r) {
  FOREACH (name IN r.empty_lists | SET r[name] = [])
  REMOVE r.empty_lists
} IN TRANSACTIONS OF 20000 ROWS
RETURN count(*) AS changed
