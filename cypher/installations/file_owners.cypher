// A page of the files that a path may mean, each with the spec that installed it: by the path below
// the prefix, by the end of that path, by the name, or by a whole path with the prefix in front.
// parameters: path, name, ending, hash, after, limit
// columns: items
// used by: service/queries/installed_files.py
CALL () {
  MATCH (a:Artifact)
  WHERE a.name = $p.name AND ($p.hash IS NULL OR a.hash = $p.hash)
    AND (a.path = $p.path OR a.path ENDS WITH $p.ending OR $p.path ENDS WITH '/' + a.path)
  RETURN a
}
MATCH (s:Spec)-[:INSTALLED_FILE]->(a)
WHERE a.uid > $p.after
WITH a, s ORDER BY a.uid LIMIT $p.limit
RETURN collect(a {
  .path, .kind, .mode, .size, .checksum, .target, .uid, hash: s.hash, spec: s.name,
  version: s.version, sites: COLLECT {
    MATCH (s)<-[:OF]-(:Installation)-[:AT]->(t:Site)
    RETURN DISTINCT t.name
  }
}) AS items
