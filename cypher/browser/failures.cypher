// Failures: first errors
// The newest 50 attempts that failed, each with the first error of the phase that failed.
MATCH (b:Build {status: "failed"})
WHERE b.sort_key >= ""
WITH b ORDER BY b.sort_key DESC LIMIT 50
OPTIONAL MATCH (b)-[f:FAILED_BY]->(:Diagnostic)
OPTIONAL MATCH (b)-[:AT]->(t:Site)
RETURN b.name AS package, b.version AS version,
  b.failed_phase AS phase,
  coalesce(f.text, b.message) AS first_error,
  t.name AS site,
  CASE WHEN b.started > 0
    THEN datetime({
      epochSeconds: toInteger(b.started)})
  END AS started, b.hash AS hash
