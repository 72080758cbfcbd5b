// A page of the files that a path may mean, each with the spec that installed it: by the path below
// the prefix, by the end of that path, by the name, or by a whole path with the prefix in front; programs
// and libraries also by their SONAME, and where no manifest lists them.
// parameters: path, name, ending, hash, after, limit
// columns: items
// used by: service/queries/installed_files.py
CALL () {
  MATCH (a:Artifact)
  WHERE a.name = $p.name AND ($p.hash IS NULL OR a.hash = $p.hash)
    AND (a.path = $p.path OR a.path ENDS WITH $p.ending OR $p.path ENDS WITH '/' + a.path)
  MATCH (s:Spec)-[:INSTALLED_FILE]->(a)
  RETURN s, a.uid AS uid, a {.path, .kind, .mode, .size, .checksum, .target} AS file
  UNION
  CALL () {
    MATCH (:Soname {name: $p.path})<-[:HAS]-(:Library)<-[r:INSTALLS]-(:Prefix)
    RETURN r
    UNION
    MATCH (:Prefix)-[r:INSTALLS]->(:Library)
    WHERE r.path ENDS WITH $p.name
      AND (r.path = $p.path OR r.path ENDS WITH $p.ending OR $p.path ENDS WITH '/' + r.path)
    RETURN r
  }
  WITH startNode(r) AS p, r.path AS path, endNode(r).size AS size
  MATCH (s:Spec)-[:INSTALLED_IN]->(p)
  WHERE $p.hash IS NULL OR s.hash = $p.hash
  WITH s, path, min(size) AS size
  CALL (s, path) {
    MATCH (a:Artifact {name: last(split(path, '/'))})
    WHERE a.path = path AND EXISTS { (s)-[:INSTALLED_FILE]->(a) }
    RETURN a LIMIT 1
    UNION
    RETURN null AS a
  }
  WITH s, path, size, head(collect(a)) AS a
  RETURN s, coalesce(a.uid, s.uid + ' ' + path) AS uid,
    CASE WHEN a IS NULL
      THEN {path: path, kind: 'file', mode: null, size: size, checksum: null, target: null}
      ELSE a {.path, .kind, .mode, .size, .checksum, .target}
    END AS file
}
WITH s, uid, file
WHERE uid > $p.after
WITH s, uid, file ORDER BY uid LIMIT $p.limit
RETURN collect(file {
  .*, uid: uid, hash: s.hash, spec: s.name, version: s.version, sites: COLLECT {
    MATCH (s)<-[:OF]-(:Installation)-[:AT]->(t:Site)
    RETURN t.name
    UNION
    MATCH (s)-[:INSTALLED_IN]->(:Prefix)-[:AT]->(t:Site)
    RETURN t.name
  }
}) AS items
