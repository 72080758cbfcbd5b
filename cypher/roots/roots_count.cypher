// How many roots there are, from the store's own statistics.
// columns: total
MATCH (r:Root)
RETURN count(r) AS total
