// For each of some planned splices, the stored contents that it is, by its pure hash or by the record that
// Spack would write, or that carry a hash that Spack would give it, and where they are: installations,
// and build caches that offer them.
// parameters: plans, limit
// columns: found
// used by: service/queries/plans.py
UNWIND range(0, size($p.plans) - 1) AS place
WITH place, $p.plans[place] AS plan
CALL (plan) {
  CALL (plan) {
    MATCH (s:Spec {pure_hash: plan.pure_hash})
    RETURN s, 'content' AS by
    UNION
    UNWIND plan.claimed AS claim
    MATCH (s:Spec {hash: claim.hash})
    WHERE coalesce(s.pure_hash, '') <> plan.pure_hash
    RETURN s, CASE WHEN right(coalesce(s.standing, ''), 64) = claim.digest THEN 'record'
      ELSE 'claimed hash' END AS by
  }
  WITH s, by ORDER BY by = 'claimed hash', by, s.uid LIMIT $p.limit
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
}
RETURN collect({place: place, specs: specs}) AS found
