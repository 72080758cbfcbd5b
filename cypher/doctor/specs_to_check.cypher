// Some specs in the order of their identities, with their records and the relationships that follow
// from these.
// parameters: after, limit
// columns: uid, hash, name, version, spec_format, document, standing, verified, spliced, stub, dependencies, build_specs
// used by: loaders/doctor/records.py
MATCH (s:Spec)
WHERE s.uid > $p.after
WITH s ORDER BY s.uid LIMIT $p.limit
CALL (s) {
  MATCH (s)-[d:DEPENDS_ON]->(x)
  RETURN collect([x.uid, d.deptypes, d.virtuals, d.runtime]) AS dependencies
}
CALL (s) {
  MATCH (s)-[b:SPLICED_FROM]->(x)
  RETURN collect([x.uid, coalesce(b.inferred, false)]) AS build_specs
}
RETURN s.uid AS uid, s.hash AS hash, s.name AS name, s.version AS version,
  s.spec_format AS spec_format, s.document AS document, s.standing AS standing,
  coalesce(s.verified, false) AS verified, coalesce(s.spliced, false) AS spliced,
  coalesce(s.stub, false) AS stub, dependencies, build_specs
ORDER BY uid
