// What the files of a report told, and what was read from them.
// parameters: uid
// columns: revision, told, texts
MATCH (r:Report {uid: $p.uid})
RETURN r.revision AS revision, coalesce(r.told, []) AS told,
  COLLECT { MATCH (r)-[k:RECEIVED]->(x:Blob) WITH k, x ORDER BY k.kind RETURN x.data } AS texts
