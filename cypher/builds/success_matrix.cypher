// How the attempts at some specs, or at all, ended, by package and one more property: version,
// compiler, target, os or site; with the status of the newest attempt in each cell. Specs that were
// unpacked from a build cache are left out.
// parameters: hashes, by, site
// columns: cells
// owns up to: NodeByLabelScan
// used by: service/queries/matrix.py
CALL () {
  MATCH (b:Build)
  WHERE $p.hashes IS NULL AND b.standing IS NOT NULL
  RETURN b
  UNION ALL
  UNWIND $p.hashes AS hash
  MATCH (b:Build {hash: hash})
  RETURN b
}
MATCH (b)-[:BUILT]->(s:Spec)
WHERE NOT coalesce(b.binary, false)
  AND ($p.site IS NULL OR EXISTS { (b)-[:AT]->(:Site {name: $p.site}) })
CALL (b, s) {
  CALL (b, s) {
    WITH s
    WHERE $p.by = 'version'
    RETURN coalesce(s.version, b.version) AS value
    UNION ALL
    WITH s
    WHERE $p.by = 'target'
    RETURN s.target AS value
    UNION ALL
    WITH s
    WHERE $p.by = 'os'
    RETURN s.os AS value
    UNION ALL
    MATCH (b)-[:AT]->(t:Site)
    WHERE $p.by = 'site'
    RETURN t.name AS value
    UNION ALL
    WITH s
    WHERE $p.by = 'compiler' AND s.compiler IS NOT NULL
    RETURN s.compiler + '@' + coalesce(s.compiler_version, '') AS value
    UNION ALL
    MATCH (s)-[e:DEPENDS_ON]->(c:Spec)
    WHERE $p.by = 'compiler' AND any(v IN e.virtuals WHERE v IN ['c', 'cxx', 'fortran'])
    RETURN DISTINCT c.name + '@' + c.version AS value
  }
  RETURN collect(value) AS values
}
UNWIND CASE WHEN size(values) = 0 THEN ['(none)'] ELSE values END AS value
WITH b, value ORDER BY b.sort_key
WITH b.name AS package, value, collect(b) AS builds
WITH package, value, builds ORDER BY package, value
RETURN collect({
  package: package, value: value,
  succeeded: size([b IN builds WHERE b.status = 'succeeded']),
  failed: size([b IN builds WHERE b.status = 'failed']),
  skipped: size([b IN builds WHERE b.status = 'skipped']),
  other: size([b IN builds WHERE NOT b.status IN ['succeeded', 'failed', 'skipped']]),
  last: builds[-1].status
}) AS cells
