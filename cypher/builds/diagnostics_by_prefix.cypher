// Fingerprints of the diagnostics whose fingerprint starts with a prefix, at most two.
// parameters: prefix
// columns: fingerprint
// used by: service/queries/diagnostics.py
MATCH (d:Diagnostic)
WHERE d.fingerprint STARTS WITH $p.prefix
RETURN d.fingerprint AS fingerprint
LIMIT 2
