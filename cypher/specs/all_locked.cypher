// Every spec, root or not, that some lockfiles lock: their roots and everything that these were built
// with and are deployed with.
// parameters: lockfiles
// columns: uids
// used by: service/queries/all_specs.py
CALL () {
  UNWIND $p.lockfiles AS uid
  MATCH (:Lockfile {uid: uid})-[:LOCKS]->(s:Spec)
  RETURN s
  UNION
  UNWIND $p.lockfiles AS uid
  MATCH (:Lockfile {uid: uid})-[:LOCKS]->(r:Spec)
  WITH DISTINCT r
  MATCH (r)-[:BUILT_WITH|DEPLOYED_WITH]->(s:Spec)
  RETURN s
}
WITH s
WHERE s.standing IS NOT NULL
RETURN collect(s.uid) AS uids
