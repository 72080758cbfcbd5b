// Write what was found in a prefix of a spec, unless something newer was, with its libraries, which must
// be stored. Return how many of these there are now, and whether anything changed; null if there is no
// such spec.
// parameters: uid, hash, content, site, properties, files
// columns: written
// used by: loaders/store/libraries.py
CALL () {
  MATCH (s:Spec {hash: $p.hash})
  USING INDEX SEEK s:Spec(hash)
  WHERE $p.content IS NULL OR s.uid = $p.content
  RETURN s
  ORDER BY
    // include: content_order
  LIMIT 1
}
SET s.hash = s.hash
MERGE (p:Prefix {uid: $p.uid})
MERGE (s)-[:INSTALLED_IN]->(p)
WITH p, coalesce(p.digest, '') <> $p.properties.digest AS differs,
  coalesce(p.read_at, 0.0) <= $p.properties.read_at AS newer
CALL (p, newer) {
  WITH p WHERE newer
  SET p.read_at = $p.properties.read_at
}
CALL (p, differs, newer) {
  WITH p WHERE differs AND newer
  SET p = $p.properties, p.uid = $p.uid
  WITH p
  CALL (p) {
    MATCH (p)-[old:INSTALLS|AT]->()
    DELETE old
  }
  CALL (p) {
    UNWIND $p.files AS file
    MATCH (l:Library {uid: file.library})
    CREATE (p)-[:INSTALLS {path: file.path}]->(l)
  }
  CALL (p) {
    WITH p WHERE $p.site IS NOT NULL
    MERGE (t:Site {name: $p.site})
    MERGE (p)-[:AT]->(t)
  }
}
RETURN {changed: differs AND newer, files: COUNT { (p)-[:INSTALLS]->() }} AS written
