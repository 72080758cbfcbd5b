// The specs that depend directly on one: how many, at most `most` and one more, and a page by name,
// version and hash. Where there are more than `most` the page is made only if they are to be
// sorted: otherwise read it in order.
// parameters: target, runtime, deptypes, roots_only, name, version_key, hash, limit, most, sort
// columns: total, items
MATCH (t:Spec {hash: $target})
CALL (t) {
  MATCH (t)<-[d:DEPENDS_ON]-(s:Spec)
  WHERE ($runtime IS NULL OR d.runtime = $runtime)
    AND ($deptypes IS NULL OR any(kind IN d.deptypes WHERE kind IN $deptypes))
    AND (NOT $roots_only OR s:Root)
  WITH s LIMIT $most + 1
  RETURN count(s) AS total
}
CALL (t, total) {
  WITH t WHERE $sort OR total <= $most
  MATCH (t)<-[d:DEPENDS_ON]-(s:Spec)
  WHERE ($runtime IS NULL OR d.runtime = $runtime)
    AND ($deptypes IS NULL OR any(kind IN d.deptypes WHERE kind IN $deptypes))
    AND (NOT $roots_only OR s:Root)
    AND CASE WHEN s.name <> $name THEN s.name > $name
      WHEN s.version_key <> $version_key THEN s.version_key > $version_key
      ELSE s.hash > $hash END
  WITH s, d ORDER BY s.name, s.version_key, s.hash LIMIT $limit
  RETURN collect(s {.hash, .name, .version, .version_key, .spliced, .verified,
    root: s:Root, deptypes: d.deptypes, virtuals: d.virtuals}) AS items
}
RETURN total, items
