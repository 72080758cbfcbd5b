// As dependents_typed, for one that many specs depend on: of the next `window` specs in order,
// those that do.
// parameters: target, deptypes, roots_only, name, version_key, hash, limit, window
// columns: items
MATCH (t:Spec {hash: $p.target})
CALL (t) {
  MATCH (s:Spec)
  WHERE s.name >= $p.name AND s.version_key IS NOT NULL AND (NOT $p.roots_only OR s:Root)
    AND CASE WHEN s.name > $p.name OR s.version_key > $p.version_key THEN true
      ELSE s.version_key = $p.version_key AND s.hash > $p.hash END
  WITH s, t ORDER BY s.name, s.version_key, s.hash LIMIT $p.window
  WHERE EXISTS {
    MATCH (s)-[d:DEPENDS_ON*1..]->(x:Spec)
    WHERE all(e IN d WHERE any(kind IN e.deptypes WHERE kind IN $p.deptypes))
    WITH DISTINCT x WHERE x = t
    RETURN x
  }
  WITH s ORDER BY s.name, s.version_key, s.hash LIMIT $p.limit
  RETURN collect(s {.hash, .name, .version, .version_key, .spliced, .verified,
    root: s:Root}) AS items
}
RETURN items
