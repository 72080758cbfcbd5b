// One attempt with its phases and what belongs to it.
// parameters: uid, findings
// columns: build, phases, environment, variables, attachments, recipes, sources, others
MATCH (b:Build {uid: $p.uid})
RETURN b {
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
  culprit: head([(b)-[:BLAMES]->(c:Spec) | c {.hash, .name, .version}]),
  message: b.message, more: b.more, origin: b.origin, load: b.load, documents: size(b.evidence)
} AS build,
COLLECT {
  MATCH (b)-[:RAN]->(p:Phase)
  WITH p ORDER BY p.order
  RETURN p {
    .name, .status, .seconds, .errors, .warnings, .lines, .size, .capped,
    has_log: EXISTS { (p)-[:HAS_TEXT]->() },
    findings: COLLECT {
      MATCH (p)-[r:REPORTED]->(d:Diagnostic)
      WITH r, d ORDER BY d.kind, r.line LIMIT $p.findings
      RETURN r {.*, kind: d.kind, fingerprint: d.fingerprint, normal: d.text}
    }
  }
} AS phases,
head([(b)-[:IN]->(e:Environment) | e {.*}]) AS environment,
COLLECT {
  MATCH (b)-[:SAW]->(v:Variable)
  WITH v ORDER BY v.name
  RETURN v {.name, .value, .redacted}
} AS variables,
COLLECT {
  MATCH (b)-[k:KEPT]->(x:Blob)
  WITH k, x ORDER BY k.name
  RETURN k {.name, .kind, size: x.size, lines: x.lines, capped: x.capped}
} AS attachments,
COLLECT {
  MATCH (b)-[:USED]->(r:Recipe)
  WITH r ORDER BY r.namespace, r.package
  RETURN r {.namespace, .package, .path, .uid}
} AS recipes,
COLLECT {
  MATCH (b)-[:FETCHED]->(a:Archive)
  WITH a ORDER BY a.file, a.url
  RETURN a {.url, .file, .sha256, .size}
} AS sources,
COUNT { (b)-[:BUILT]->(:Spec)<-[:BUILT]-(:Build) } AS others
