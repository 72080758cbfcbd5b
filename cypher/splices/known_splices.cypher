// The stored contents that a planned splice is, or that carry a hash that Spack would give it, and
// where they are: installations, and build caches that offer them.
// parameters: pure_hash, claimed, limit
// columns: specs
// used by: service/queries/plans.py
CALL () {
  MATCH (s:Spec {pure_hash: $p.pure_hash})
  RETURN s, 'content' AS by
  UNION
  UNWIND $p.claimed AS hash
  MATCH (s:Spec {hash: hash})
  WHERE coalesce(s.pure_hash, '') <> $p.pure_hash
  RETURN s, 'claimed hash' AS by
}
WITH s, by ORDER BY by DESC, s.uid LIMIT $p.limit
RETURN collect(s {
  .uid, .hash, .name, .version, by: by, root: s:Root,
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
}) AS specs
