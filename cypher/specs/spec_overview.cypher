// One content of a hash, by its identity or else the one that is shown for the hash, with its
// documents, other records that claim its hash, and the number of its direct dependents. Also when and
// where it and the other contents of its hash were seen, the one that is shown for the hash first.
// parameters: hash, uid
// columns: spec, root, documents, conflicts, spliced_from, dependents, contents
// used by: service/queries/stored_specs.py
MATCH (s:Spec {hash: $p.hash})
// include: chosen_content
WITH s AS asked
CALL (asked) {
  MATCH (asked)<-[:DESCRIBES]-(d:Document)
  WITH d ORDER BY d.standing
  RETURN collect(d {.digest, .spec_format, .unverified, .defects, .origin, .load}) AS documents
}
CALL (asked) {
  MATCH (c:Claim {hash: asked.hash})
  WHERE right(c.uid, 64) <> right(coalesce(asked.standing, ''), 64)
  WITH c ORDER BY c.standing
  RETURN collect(c {.uid, .verified, .name, .version}) AS conflicts
}
CALL (asked) {
  MATCH (asked)-[:SPLICED_FROM]->(b:Spec)
  RETURN head(collect(b {.uid, .hash, .name, .version, .stub})) AS spliced_from
}
CALL (asked) {
  MATCH (s:Spec {hash: asked.hash})
  USING INDEX SEEK s:Spec(hash)
  WITH s
  ORDER BY
    // include: content_order
  RETURN collect(s {
    .uid, .spliced, .stripped, .verified, .on_disk, root: s:Root,
    build_spec: head([(s)-[:SPLICED_FROM]->(b:Spec) | b.hash]),
    dependencies: COLLECT {
      MATCH (s)-[d:DEPENDS_ON]->(x:Spec)
      WHERE d.runtime
      WITH x ORDER BY x.name, x.uid
      RETURN x {.uid, .hash, .name, .version}
    },
    documents: COLLECT {
      MATCH (s)<-[:DESCRIBES]-(d:Document)
      WITH d ORDER BY d.load DESC LIMIT 20
      RETURN d {.digest, .origin, .load}
    },
    installations: COLLECT {
      MATCH (s)<-[:OF]-(i:Installation)-[:IN]->(x:Store)-[:AT]->(t:Site)
      WITH i, x, t ORDER BY i.sort_key DESC LIMIT 20
      RETURN {site: t.name, store: x.name, installed_at: i.installed_at,
        present: i.installed AND i.last_seen >= x.as_of}
    },
    mirrors: COLLECT {
      MATCH (s)<-[:OFFERS]-(m:Mirror)
      WITH m ORDER BY m.name LIMIT 20
      RETURN m.name
    }
  }) AS contents
}
RETURN asked {.*} AS spec, asked:Root AS root, documents, conflicts, spliced_from,
  COUNT { (asked)<-[:DEPENDS_ON]-() } AS dependents, contents
