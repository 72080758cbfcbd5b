// A page of the specs that clients could not concretize, those reported last first, and their
// number: of one package, or of all.
// parameters: package, site, since, until, before, limit
// columns: total, items
// owns up to: NodeByLabelScan
// used by: service/queries/concretizations.py
CALL () {
  MATCH (f:FailedConcretization)
  WHERE $p.package IS NULL
  RETURN f
  UNION ALL
  MATCH (f:FailedConcretization {name: $p.package})
  RETURN f
}
MATCH (f)-[:AT]->(t:Site)
WHERE ($p.site IS NULL OR t.name = $p.site) AND f.sort_key >= $p.since AND f.sort_key < $p.until
WITH f, t ORDER BY f.sort_key DESC
WITH collect({failure: f, site: t}) AS found
RETURN size(found) AS total,
COLLECT {
  UNWIND [each IN found WHERE each.failure.sort_key < $p.before][..$p.limit] AS each
  WITH each.failure AS f, each.site AS t
  RETURN f {
    .uid, .name, .spec, .spack_version, .first_seen, .last_seen, .times, .sort_key, site: t.name
  }
} AS items
