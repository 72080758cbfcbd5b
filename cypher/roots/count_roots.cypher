// The number of roots, from the store's own statistics.
// columns: total
// used by: service/queries/roots.py
MATCH (r:Root)
RETURN count(r) AS total
