// Diagnostics whose fingerprint starts so.
// parameters: prefix
// columns: fingerprint
MATCH (d:Diagnostic)
WHERE d.fingerprint STARTS WITH $prefix
RETURN d.fingerprint AS fingerprint
LIMIT 2
