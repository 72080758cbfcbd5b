// Which specs installed a file: by its path below the prefix, by the end of that path, or by its
// name.
// parameters: path, name, ending, before, limit
// columns: items
CALL () {
  MATCH (a:Artifact)
  WHERE a.name = $name AND (a.path = $path OR a.path ENDS WITH $ending)
  RETURN a
}
MATCH (s:Spec {hash: a.hash})
WHERE a.uid > $before
WITH a, s ORDER BY a.uid LIMIT $limit
RETURN collect(a {
  .path, .kind, .mode, .size, .checksum, .target, .uid, hash: s.hash, spec: s.name,
  version: s.version, sites: COLLECT {
    MATCH (s)<-[:OF]-(:Installation)-[:AT]->(t:Site)
    RETURN DISTINCT t.name
  }
}) AS items
