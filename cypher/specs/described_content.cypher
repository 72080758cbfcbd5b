// A content of a hash, by its identity or else the one that is shown for the hash. If its hash does
// not determine it, also all such contents that are reached through such contents only, as `contents`;
// each with the identities of its direct dependencies, and its build spec, which may be a stub. Also
// its best document, and the specs that it holds or has a copy of and that their hash determines, as
// `plain`. Most DAGs consist of these two; reading them costs no walk over the edges.
// parameters: hash, uid
// columns: uid, spec_format, contents, plain, document
// used by: service/queries/stored_dags.py
MATCH (s:Spec {hash: $p.hash})
// include: chosen_content
CALL (s) {
  MATCH (s)<-[:DESCRIBES]-(d:Document)
  WHERE s.uid <> s.hash
  WITH d ORDER BY d.standing
  RETURN head(collect(d {.digest, .records, .spec_format})) AS document
}
CALL (s, document) {
  WITH s WHERE document IS NOT NULL
  MATCH path = (s)-[:DEPENDS_ON|SPLICED_FROM*0..]->(n:Spec)
  WHERE all(each IN nodes(path) WHERE each.uid <> each.hash)
  WITH DISTINCT n
  WHERE n.document IS NOT NULL
  RETURN collect(n {
    .uid, .document, .spec_format,
    // Nothing else has the hash, so that names it.
    alone: COUNT {
      MATCH (o:Spec {hash: n.hash})
      USING INDEX SEEK o:Spec(hash)
    } = 1,
    dependencies: [(n)-[:DEPENDS_ON]->(x:Spec) | x.uid],
    build_spec: head([(n)-[:SPLICED_FROM]->(b:Spec) | b {.uid, .name, .stub}])
  }) AS contents
}
CALL (document) {
  UNWIND document.records AS reference
  WITH reference, left(reference, 32) AS hash
  MATCH (n:Spec {uid: hash})
  WHERE n.document IS NOT NULL
  // A record of the document that is not this one may have another format.
  RETURN collect(DISTINCT {
    uid: hash, document: n.document,
    spec_format: CASE WHEN reference = hash THEN document.spec_format ELSE n.spec_format END
  }) AS plain
}
RETURN s.uid AS uid, s.spec_format AS spec_format, contents, plain, document
