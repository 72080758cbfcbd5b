// The specs that depend on one directly or through others: how many, at most `most` and one more,
// and a page by name, version and hash. Where there are more than `most` the page is made only if
// they are to be sorted: otherwise read it in order.
// parameters: target, roots_only, name, version_key, hash, limit, most, sort
// columns: total, items
MATCH (t:Spec {hash: $p.target})
CALL (t) {
  MATCH (t)<-[:DEPENDS_ON*1..]-(s:Spec)
  WITH DISTINCT s
  WHERE NOT $p.roots_only OR s:Root
  WITH s LIMIT $p.most + 1
  RETURN count(s) AS total
}
CALL (t, total) {
  WITH t WHERE $p.sort OR total <= $p.most
  CALL (t) {
    MATCH (t)<-[:DEPENDS_ON*1..]-(s:Spec)
    RETURN DISTINCT s
  }
  WITH s
  WHERE (NOT $p.roots_only OR s:Root)
    AND CASE WHEN s.name <> $p.name THEN s.name > $p.name
      WHEN s.version_key <> $p.version_key THEN s.version_key > $p.version_key
      ELSE s.hash > $p.hash END
  WITH s ORDER BY s.name, s.version_key, s.hash LIMIT $p.limit
  RETURN collect(s {.hash, .name, .version, .version_key, .spliced, .verified,
    root: s:Root}) AS items
}
RETURN total, items
