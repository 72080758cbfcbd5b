// The specs that are deployed with one, directly or through others: how many, at most `most` and
// one more, and a page by name, version and hash. Where there are more than `most` the page is made
// only if they are to be sorted: otherwise read it in order.
// parameters: target, roots_only, name, version_key, hash, limit, most, sort
// columns: total, items
MATCH (t:Spec {hash: $target})
CALL (t) {
  MATCH (t)<-[:DEPENDS_ON*1.. {runtime: true}]-(s:Spec)
  WITH DISTINCT s
  WHERE NOT $roots_only OR s:Root
  WITH s LIMIT $most + 1
  RETURN count(s) AS total
}
CALL (t, total) {
  WITH t WHERE $sort OR total <= $most
  CALL (t) {
    MATCH (t)<-[:DEPENDS_ON*1.. {runtime: true}]-(s:Spec)
    RETURN DISTINCT s
  }
  WITH s
  WHERE (NOT $roots_only OR s:Root)
    AND CASE WHEN s.name <> $name THEN s.name > $name
      WHEN s.version_key <> $version_key THEN s.version_key > $version_key
      ELSE s.hash > $hash END
  WITH s ORDER BY s.name, s.version_key, s.hash LIMIT $limit
  RETURN collect(s {.hash, .name, .version, .version_key, .spliced, .verified,
    root: s:Root}) AS items
}
RETURN total, items
