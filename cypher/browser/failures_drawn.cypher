// Failures: drawn
// Draws the newest 25 attempts that failed: the spec, the first error, the culprit if it is known,
// and the site.
MATCH (b:Build {status: "failed"})
WHERE b.sort_key >= ""
WITH b ORDER BY b.sort_key DESC LIMIT 25
MATCH p = (b)-[:BUILT|FAILED_BY|BLAMES|AT]->()
RETURN p
