// A page of the install manifest of a spec, by path.
// parameters: hash, before, limit
// columns: total, items
// used by: service/api/installations.py, service/web/spec.py
MATCH (s:Spec {hash: $p.hash})
WITH s, COUNT { (s)-[:INSTALLED_FILE]->() } AS total
OPTIONAL MATCH (s)-[:INSTALLED_FILE]->(a:Artifact)
WHERE a.path > $p.before
WITH total, a ORDER BY a.path LIMIT $p.limit
RETURN total, collect(a {.path, .kind, .mode, .size, .checksum, .target}) AS items
