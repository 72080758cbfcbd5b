// A page of the dependents of a spec that very many specs depend on: of the next `window` specs by
// name, version and hash, those that depend on it. `follows` names the edges: direct, or those of
// dependents_transitive. Deptypes and virtuals are null unless the dependency is direct.
// parameters: target, follows, runtime, deptypes, roots_only, name, version_key, uid, limit, window
// columns: items
// used by: service/queries/dependents.py
MATCH (t:Spec {uid: $p.target})
CALL (t) {
  MATCH (s:Spec)
  WHERE s.name >= $p.name AND s.version_key IS NOT NULL AND (NOT $p.roots_only OR s:Root)
    AND CASE WHEN s.name > $p.name OR s.version_key > $p.version_key THEN true
      ELSE s.version_key = $p.version_key AND s.uid > $p.uid END
  WITH s, t ORDER BY s.name, s.version_key, s.uid LIMIT $p.window
  CALL (s, t) {
    WITH s, t WHERE $p.follows = 'direct'
    MATCH (s)-[d:DEPENDS_ON]->(t)
    WHERE ($p.runtime IS NULL OR d.runtime = $p.runtime)
      AND ($p.deptypes IS NULL OR size(d.deptypes) = 0
      OR any(kind IN d.deptypes WHERE kind IN $p.deptypes))
    RETURN d {.deptypes, .virtuals} AS edge
    UNION ALL
    WITH s, t WHERE $p.follows = 'all' AND EXISTS {
      MATCH (s)-[:DEPENDS_ON*1..]->(x:Spec)
      WITH DISTINCT x WHERE x = t
      RETURN x
    }
    RETURN null AS edge
    UNION ALL
    WITH s, t WHERE $p.follows = 'runtime' AND EXISTS {
      MATCH (s)-[:DEPENDS_ON*1.. {runtime: true}]->(x:Spec)
      WITH DISTINCT x WHERE x = t
      RETURN x
    }
    RETURN null AS edge
    UNION ALL
    WITH s, t WHERE $p.follows = 'deptypes' AND EXISTS {
      MATCH (s)-[d:DEPENDS_ON*1..]->(x:Spec)
      WHERE all(e IN d WHERE size(e.deptypes) = 0
        OR any(kind IN e.deptypes WHERE kind IN $p.deptypes))
      WITH DISTINCT x WHERE x = t
      RETURN x
    }
    RETURN null AS edge
  }
  WITH s, edge ORDER BY s.name, s.version_key, s.uid LIMIT $p.limit
  RETURN collect(s {.uid, .hash, .name, .version, .version_key, .spliced, .verified,
    root: s:Root, deptypes: edge.deptypes, virtuals: edge.virtuals}) AS items
}
RETURN items
