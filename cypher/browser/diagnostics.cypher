// Failures: worst errors
// The errors that stopped most builds. An error is the same on every machine: paths and line
// numbers in it do not count.
// owns up to: NodeByLabelScan
MATCH (d:Diagnostic)
WITH d, COUNT { (d)<-[:FAILED_BY]-() } AS builds
WHERE builds > 0
WITH d, builds
ORDER BY builds DESC, d.fingerprint LIMIT 25
MATCH (d)<-[:FAILED_BY]-(b:Build)
RETURN builds, d.text AS error,
  collect(DISTINCT b.name) AS packages,
  collect(DISTINCT b.failed_phase) AS phases
ORDER BY builds DESC, error
