// The packages and the virtuals whose names start with a prefix, the most frequent first. Each name
// is sought after the one before it, so that specs are not read: `most` packages at most, and of
// each no more than `counted` specs are counted.
// parameters: prefix, above, most, counted, limit
// columns: packages, virtuals
// used by: service/queries/completion.py
WITH reduce(names = [$p.prefix], place IN range(1, $p.most) | names + COLLECT {
  MATCH (s:Spec)
  WHERE s.name > names[-1] AND s.name < $p.above
  RETURN s.name ORDER BY s.name LIMIT 1
}) AS names
CALL (names) {
  UNWIND names AS name
  WITH DISTINCT name, COUNT { MATCH (s:Spec {name: name}) WITH s LIMIT $p.counted RETURN s } AS count
  WHERE count > 0
  WITH name, count ORDER BY count DESC, size(name), name LIMIT $p.limit
  RETURN collect({text: name, count: count}) AS packages
}
RETURN packages, COLLECT {
  MATCH (v:Virtual) WHERE v.name STARTS WITH $p.prefix
  WITH v.name AS name, COUNT { (v)<-[:PROVIDES]-() } AS count ORDER BY count DESC, name LIMIT $p.limit
  RETURN {text: name, count: count}
} AS virtuals
