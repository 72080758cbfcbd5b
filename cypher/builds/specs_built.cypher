// Every spec that somebody tried to build.
// parameters:
// columns: hashes
// owns up to: NodeIndexScan
MATCH (b:Build)
WHERE b.hash IS NOT NULL AND b.standing IS NOT NULL
RETURN collect(DISTINCT b.hash) AS hashes
