// The specs that depend on one directly or through others: how many, counting at most `most` and
// one more, and a page by name, version and hash. `follows` names the edges: all, runtime, or
// deptypes, each of which must have one of `deptypes`. If there are more than `most` the page is
// only made if `sort` says so: read it with dependents_in_order instead.
// parameters: target, follows, deptypes, roots_only, name, version_key, uid, limit, most, sort
// columns: total, items
// used by: service/queries/dependents.py
MATCH (t:Spec {uid: $p.target})
CALL (t) {
  // include: transitive_dependents
  WITH s
  WHERE NOT $p.roots_only OR s:Root
  WITH s LIMIT $p.most + 1
  RETURN count(s) AS total
}
CALL (t, total) {
  WITH t WHERE $p.sort OR total <= $p.most
  // include: transitive_dependents
  WITH s
  WHERE (NOT $p.roots_only OR s:Root)
    AND CASE WHEN s.name <> $p.name THEN s.name > $p.name
      WHEN s.version_key <> $p.version_key THEN s.version_key > $p.version_key
      ELSE s.uid > $p.uid END
  WITH s ORDER BY s.name, s.version_key, s.uid LIMIT $p.limit
  RETURN collect(s {.uid, .hash, .name, .version, .version_key, .spliced, .verified,
    root: s:Root}) AS items
}
RETURN total, items
