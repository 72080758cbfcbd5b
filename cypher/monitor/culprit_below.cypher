// The attempt at a dependency of a spec that failed in an environment and was not made good since:
// the newest. It tells why the spec itself was not tried.
// parameters: hash, environment
// columns: culprit
MATCH (s:Spec {hash: $p.hash})-[:DEPENDS_ON*1..]->(d:Spec)
WITH DISTINCT d
MATCH (d)<-[:BUILT]-(b:Build {status: 'failed'})-[:IN]->(:Environment {fingerprint: $p.environment})
WHERE NOT EXISTS {
  MATCH (d)<-[:BUILT]-(later:Build {status: 'succeeded'})
  WHERE later.sort_key > b.sort_key
}
WITH d, b
ORDER BY b.sort_key DESC
LIMIT 1
RETURN [d.hash, d.name, b.uid] AS culprit
