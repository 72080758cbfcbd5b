// What is known of the attempts at a spec, at a site: how each ended, and what tells of it: 0 a folder,
// 1 JUnit or a monitor's client, 2 CDash, 3 only a mark.
// parameters: hash, site
// columns: told
MATCH (b:Build {hash: $p.hash})-[:AT]->(:Site {name: $p.site})
RETURN collect([b.uid, b.status, toInteger(left(b.standing, 1))]) AS told
