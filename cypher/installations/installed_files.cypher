// A page of the install manifest of a spec, by path, and the number of its files.
// parameters: uid, after, limit
// columns: total, items
// used by: service/queries/installed_files.py
MATCH (s:Spec {uid: $p.uid})
WITH s, COUNT { (s)-[:INSTALLED_FILE]->() } AS total
OPTIONAL MATCH (s)-[:INSTALLED_FILE]->(a:Artifact)
WHERE a.path > $p.after
WITH total, a ORDER BY a.path LIMIT $p.limit
RETURN total, collect(a {.path, .kind, .mode, .size, .checksum, .target}) AS items
