// Which of these specs have, at a site, an attempt that failed or was skipped and that is told of
// by
// more than a mark.
// parameters: hashes, site
// columns: hashes
UNWIND $p.hashes AS hash
MATCH (b:Build {hash: hash})-[:AT]->(:Site {name: $p.site})
WHERE b.status IN ['failed', 'skipped'] AND NOT b.standing STARTS WITH '3:'
RETURN collect(DISTINCT hash) AS hashes
