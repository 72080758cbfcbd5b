// The specs that depend directly on one: how many, counting at most `most` and one more, and a page
// by name, version and hash. If there are more than `most` the page is only made if `sort` says
// so: read it with dependents_in_order instead.
// parameters: target, runtime, deptypes, roots_only, name, version_key, uid, limit, most, sort
// columns: total, items
// used by: service/queries/dependents.py
MATCH (t:Spec {uid: $p.target})
CALL (t) {
  MATCH (t)<-[d:DEPENDS_ON]-(s:Spec)
  WHERE ($p.runtime IS NULL OR d.runtime = $p.runtime)
    AND ($p.deptypes IS NULL OR size(d.deptypes) = 0
      OR any(kind IN d.deptypes WHERE kind IN $p.deptypes))
    AND (NOT $p.roots_only OR s:Root)
  WITH s LIMIT $p.most + 1
  RETURN count(s) AS total
}
CALL (t, total) {
  WITH t WHERE $p.sort OR total <= $p.most
  MATCH (t)<-[d:DEPENDS_ON]-(s:Spec)
  WHERE ($p.runtime IS NULL OR d.runtime = $p.runtime)
    AND ($p.deptypes IS NULL OR size(d.deptypes) = 0
      OR any(kind IN d.deptypes WHERE kind IN $p.deptypes))
    AND (NOT $p.roots_only OR s:Root)
    AND CASE WHEN s.name <> $p.name THEN s.name > $p.name
      WHEN s.version_key <> $p.version_key THEN s.version_key > $p.version_key
      ELSE s.uid > $p.uid END
  WITH s, d ORDER BY s.name, s.version_key, s.uid LIMIT $p.limit
  RETURN collect(s {.uid, .hash, .name, .version, .version_key, .spliced, .verified,
    root: s:Root, deptypes: d.deptypes, virtuals: d.virtuals}) AS items
}
RETURN total, items
