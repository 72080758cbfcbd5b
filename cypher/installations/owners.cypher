// Which specs installed a file: by its path below the prefix, by the end of that path, or by its
// name.
// parameters: path, name, ending, hash, before, limit
// columns: items
CALL () {
  MATCH (a:Artifact)
  WHERE a.name = $p.name AND ($p.hash IS NULL OR a.hash = $p.hash)
    AND (a.path = $p.path OR a.path ENDS WITH $p.ending OR $p.path ENDS WITH '/' + a.path)
  RETURN a
}
MATCH (s:Spec {hash: a.hash})
WHERE a.uid > $p.before
WITH a, s ORDER BY a.uid LIMIT $p.limit
RETURN collect(a {
  .path, .kind, .mode, .size, .checksum, .target, .uid, hash: s.hash, spec: s.name,
  version: s.version, sites: COLLECT {
    MATCH (s)<-[:OF]-(:Installation)-[:AT]->(t:Site)
    RETURN DISTINCT t.name
  }
}) AS items
