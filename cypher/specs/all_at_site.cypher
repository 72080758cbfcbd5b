// Every spec, root or not, that is at a site: installed there now, built there, or locked there, which
// includes everything that locked roots were built with and are deployed with. If there are fewer
// roots of lockfiles than edges to the site, the plan may start from these.
// parameters: site
// columns: uids
// owns up to: DirectedRelationshipTypeScan
// used by: service/queries/all_specs.py
CALL () {
  MATCH (:Site {name: $p.site})<-[:AT]-(i:Installation)-[:OF]->(s:Spec)
  WHERE i.installed AND EXISTS { MATCH (i)-[:IN]->(x:Store) WHERE i.last_seen >= x.as_of }
  RETURN s
  UNION
  MATCH (:Site {name: $p.site})<-[:AT]-(b:Build)-[:BUILT]->(s:Spec)
  WHERE b.status = 'succeeded'
  RETURN s
  UNION
  MATCH (:Site {name: $p.site})<-[:AT]-(l:Lockfile)-[:LOCKS]->(s:Spec)
  RETURN s
  UNION
  MATCH (:Site {name: $p.site})<-[:AT]-(l:Lockfile)-[:LOCKS]->(r:Spec)
  WITH DISTINCT r
  MATCH (r)-[:BUILT_WITH|DEPLOYED_WITH]->(s:Spec)
  RETURN s
}
WITH s
WHERE s.standing IS NOT NULL
RETURN collect(s.uid) AS uids
