// The names of libraries that start with some text, in their order.
// parameters: start, limit
// columns: name
// used by: service/queries/installed_libraries.py
MATCH (n:Soname)
WHERE n.name STARTS WITH $p.start
RETURN n.name AS name
ORDER BY name
LIMIT $p.limit
