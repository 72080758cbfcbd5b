// Diagnostics whose fingerprint starts so.
// parameters: prefix
// columns: fingerprint
MATCH (d:Diagnostic)
WHERE d.fingerprint STARTS WITH $p.prefix
RETURN d.fingerprint AS fingerprint
LIMIT 2
