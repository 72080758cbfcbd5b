// For some specs: those that are linked to them and have no files that were read, the first of them, and the
// virtuals for which they are linked to them. The files of a splice are those of its build spec. Those that
// were attempted but never built, and are neither installed nor offered by a build cache, have none.
// parameters: uids, site, limit
// columns: uid, unread, virtuals
// used by: service/queries/proposals.py
UNWIND $p.uids AS uid
MATCH (t:Spec {uid: uid})
CALL (t) {
  MATCH (t)<-[d:DEPENDS_ON]-(s:Spec)
  WHERE 'link' IN d.deptypes AND s.name <> t.name
    AND NOT EXISTS { (s)-[:INSTALLED_IN]->(:Prefix {complete: true}) }
    AND NOT EXISTS { (s)-[:SPLICED_FROM]->(:Spec)-[:INSTALLED_IN]->(:Prefix {complete: true}) }
    AND NOT (
      // include: never_built
    )
    AND ($p.site IS NULL OR EXISTS { (s)<-[:OF]-(:Installation)-[:AT]->(:Site {name: $p.site}) })
  WITH s ORDER BY s.name, s.version_key, s.uid LIMIT $p.limit
  RETURN collect(s {.uid, .hash, .name, .version}) AS unread
}
CALL (t) {
  MATCH (t)<-[d:DEPENDS_ON]-(:Spec)
  WHERE 'link' IN d.deptypes
  UNWIND d.virtuals AS virtual
  RETURN collect(DISTINCT virtual) AS virtuals
}
RETURN uid, unread, virtuals
