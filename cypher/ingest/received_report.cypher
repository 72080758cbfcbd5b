// Return the texts of a report's files, and the attempts that were read from them so far.
// parameters: uid
// columns: revision, attempts, site, texts
// used by: loaders/pipeline/cdash_uploads.py
MATCH (r:Report {uid: $p.uid})
RETURN r.revision AS revision, coalesce(r.told, []) AS attempts, r.site AS site,
  COLLECT { MATCH (r)-[k:RECEIVED]->(x:Blob) WITH k, x ORDER BY k.kind RETURN x.data } AS texts
