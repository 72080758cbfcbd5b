// Return which of these specs have, at a site, a failed or skipped attempt with better evidence
// than a mark.
// parameters: hashes, site
// columns: hashes
// used by: loaders/store/attempts.py
UNWIND $p.hashes AS hash
MATCH (b:Build {hash: hash})-[:AT]->(:Site {name: $p.site})
WHERE b.status IN ['failed', 'skipped'] AND NOT b.standing STARTS WITH '3:'
RETURN collect(DISTINCT hash) AS hashes
