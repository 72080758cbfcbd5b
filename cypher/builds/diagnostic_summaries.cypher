// The diagnostics whose fingerprint starts with a prefix, at most two, each with the most frequent
// packages, compilers, targets and sites of the attempts that reported it, `most` of each.
// parameters: prefix, most
// columns: diagnostic, packages, compilers, targets, sites
// used by: service/queries/diagnostics.py
MATCH (d:Diagnostic)
WHERE d.fingerprint STARTS WITH $p.prefix
WITH d LIMIT 2
CALL (d) {
  MATCH (d)<-[:REPORTED]-(:Phase)<-[:RAN]-(b:Build)
  WITH DISTINCT b
  MATCH (b)-[:BUILT]->(s:Spec)
  RETURN collect({build: b, spec: s}) AS hits
}
RETURN d {
  .fingerprint, .kind, .text, builds: size(hits), stopped: COUNT { (d)<-[:FAILED_BY]-() },
  occurrences: COUNT { (d)<-[:REPORTED]-() }
} AS diagnostic,
COLLECT {
  UNWIND hits AS hit
  WITH hit.build.name AS value, count(*) AS count
  ORDER BY count DESC, value LIMIT $p.most
  RETURN {value: value, count: count}
} AS packages,
COLLECT {
  UNWIND hits AS hit
  WITH hit.spec AS s
  CALL (s) {
    WITH s
    WHERE s.compiler IS NOT NULL
    RETURN s.compiler + '@' + coalesce(s.compiler_version, '') AS value
    UNION
    MATCH (s)-[e:DEPENDS_ON]->(c:Spec)
    WHERE any(v IN e.virtuals WHERE v IN ['c', 'cxx', 'fortran'])
    RETURN DISTINCT c.name + '@' + c.version AS value
  }
  WITH value, count(*) AS count ORDER BY count DESC, value LIMIT $p.most
  RETURN {value: value, count: count}
} AS compilers,
COLLECT {
  UNWIND hits AS hit
  WITH hit.spec.target AS value, count(*) AS count
  WHERE value IS NOT NULL
  WITH value, count ORDER BY count DESC, value LIMIT $p.most
  RETURN {value: value, count: count}
} AS targets,
COLLECT {
  UNWIND hits AS hit
  WITH hit.build AS b
  MATCH (b)-[:AT]->(t:Site)
  WITH t.name AS value, count(*) AS count ORDER BY count DESC, value LIMIT $p.most
  RETURN {value: value, count: count}
} AS sites
