// Return the newest attempt at a dependency of a spec that failed in an environment, at a site, and did
// not succeed since. It explains why the spec itself was not built.
// parameters: hash, environment, site
// columns: dependency
// used by: loaders/monitor/locked_build.py
MATCH (s:Spec {hash: $p.hash})-[:DEPENDS_ON*1..]->(d:Spec)
USING INDEX SEEK s:Spec(hash)
WITH DISTINCT d
MATCH (d)<-[:BUILT]-(b:Build {status: 'failed'})-[:IN]->(:Environment {fingerprint: $p.environment})
WHERE EXISTS { (b)-[:AT]->(:Site {name: $p.site}) } AND NOT EXISTS {
  MATCH (d)<-[:BUILT]-(later:Build {status: 'succeeded'})
  WHERE later.sort_key > b.sort_key
}
WITH d, b
ORDER BY b.sort_key DESC
LIMIT 1
RETURN {hash: d.hash, name: d.name, attempt: b.uid} AS dependency
