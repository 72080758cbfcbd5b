// The specs that locked environments need: their roots, and everything that these were built with and
// are deployed with. A page in order of the hashes, the number of all, and that of the environments.
// parameters: name, site, after, limit
// columns: environments, total, items
// owns up to: NodeByLabelScan
// used by: service/queries/mirrors.py
CALL () {
  MATCH (l:Lockfile)-[:AT]->(t:Site)
  WHERE ($p.name IS NULL OR l.name = $p.name) AND ($p.site IS NULL OR t.name = $p.site)
  RETURN collect(DISTINCT l) AS lockfiles
}
CALL (lockfiles) {
  UNWIND lockfiles AS l
  MATCH (l)-[:LOCKS]->(r:Spec)
  WITH DISTINCT r
  CALL (r) {
    RETURN r AS s
    UNION
    MATCH (r)-[:BUILT_WITH|DEPLOYED_WITH]->(s:Spec)
    RETURN s
  }
  WITH s.hash AS hash, min(s.name) AS name, min(s.version) AS version
  ORDER BY hash
  RETURN collect({hash: hash, name: name, version: version}) AS specs
}
RETURN size(lockfiles) AS environments, size(specs) AS total,
  [each IN specs WHERE each.hash > $p.after][..$p.limit] AS items
