// As dependents_runtime, for one that many specs depend on: of the next `window` specs in order,
// those that do.
// parameters: target, roots_only, name, version_key, hash, limit, window
// columns: items
MATCH (t:Spec {hash: $p.target})
CALL (t) {
  MATCH (s:Spec)
  WHERE s.name >= $p.name AND s.version_key IS NOT NULL AND (NOT $p.roots_only OR s:Root)
    AND CASE WHEN s.name > $p.name OR s.version_key > $p.version_key THEN true
      ELSE s.version_key = $p.version_key AND s.hash > $p.hash END
  WITH s, t ORDER BY s.name, s.version_key, s.hash LIMIT $p.window
  WHERE EXISTS {
    MATCH (s)-[:DEPENDS_ON*1.. {runtime: true}]->(x:Spec)
    WITH DISTINCT x WHERE x = t
    RETURN x
  }
  WITH s ORDER BY s.name, s.version_key, s.hash LIMIT $p.limit
  RETURN collect(s {.hash, .name, .version, .version_key, .spliced, .verified,
    root: s:Root}) AS items
}
RETURN items
