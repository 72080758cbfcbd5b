// A page of the attempts that reported a diagnostic, newest first, and how many there are.
// parameters: fingerprint, statuses, phase, site, since, until, before, limit
// columns: total, items
MATCH (:Diagnostic {fingerprint: $p.fingerprint})<-[:REPORTED]-(:Phase)<-[:RAN]-(b:Build)
WHERE b.status IN $p.statuses AND b.sort_key >= $p.since AND b.sort_key < $p.until
  AND ($p.phase IS NULL OR b.failed_phase = $p.phase)
  AND ($p.site IS NULL OR EXISTS { (b)-[:AT]->(:Site {name: $p.site}) })
WITH DISTINCT b ORDER BY b.sort_key DESC
WITH collect(b) AS found
RETURN size(found) AS total, [b IN [x IN found WHERE x.sort_key < $p.before][..$p.limit] | b {
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
}] AS items
