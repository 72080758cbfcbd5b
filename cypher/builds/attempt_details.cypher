// The attempts whose uid starts with a prefix, at most two, each with its phases and all else that
// was kept with it.
// parameters: prefix, findings
// columns: build, phases, environment, variables, attachments, recipes, sources, others
// used by: service/queries/attempt_details.py
MATCH (b:Build)
WHERE b.uid STARTS WITH $p.prefix AND b.standing IS NOT NULL
WITH b LIMIT 2
RETURN b {
  message: b.message, more: b.more, origin: b.origin, load: b.load, documents: size(b.evidence),
  // include: attempt_item
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
