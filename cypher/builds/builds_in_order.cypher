// A page of attempts of some statuses, newest first, before a sort key and not before a time.
// parameters: statuses, phase, site, since, before, limit
// columns: items
UNWIND $p.statuses AS status
CALL (status) {
  MATCH (b:Build)
  WHERE b.status = status AND b.sort_key >= $p.since AND b.sort_key < $p.before
    AND ($p.phase IS NULL OR b.failed_phase = $p.phase)
    AND ($p.site IS NULL OR EXISTS { (b)-[:AT]->(:Site {name: $p.site}) })
  WITH b ORDER BY b.sort_key DESC LIMIT $p.limit
  RETURN b
}
WITH b ORDER BY b.sort_key DESC LIMIT $p.limit
RETURN collect(b {
  .uid, .hash, .name, .status, .failed_phase, .started, .seconds, .spack_version, .binary, .errors,
  .warnings, .sort_key,
  version: coalesce(b.version, head([(b)-[:BUILT]->(s:Spec) | s.version])),
  site: head([(b)-[:AT]->(t:Site) | t.name]),
  cause: head([(b)-[f:FAILED_BY]->(d:Diagnostic) | f {
    .phase, .line, .text, .source_file, .source_line, fingerprint: d.fingerprint
  }]),
  compilers: [(b)-[:BUILT]->(s:Spec) WHERE s.compiler IS NOT NULL |
    s.compiler + '@' + coalesce(s.compiler_version, '')
  ] + [(b)-[:BUILT]->(:Spec)-[e:DEPENDS_ON]->(c:Spec)
    WHERE any(v IN e.virtuals WHERE v IN ['c', 'cxx', 'fortran']) | c.name + '@' + c.version
  ],
  culprit: head([(b)-[:BLAMES]->(c:Spec) | c {.hash, .name, .version}])
}) AS items
