// Entries of an attempt `b` in a list: the keys of `AttemptItem` in service/queries/attempts.py.
.uid, .hash, .name, .status, .failed_phase, .started, .seconds, .spack_version, .binary, .errors,
.warnings, .sort_key,
spec_uid: head([(b)-[:BUILT]->(s:Spec) | s.uid]),
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
