// Return how each attempt at a spec, at a site, ended, and its best evidence: 0 an install or
// stage folder, 1 JUnit or a monitor's client, 2 CDash, 3 only a mark.
// parameters: hash, site
// columns: attempts
// used by: loaders/store/attempts.py
MATCH (b:Build {hash: $p.hash})-[:AT]->(:Site {name: $p.site})
RETURN collect({uid: b.uid, status: b.status, source: toInteger(left(b.standing, 1))}) AS attempts
