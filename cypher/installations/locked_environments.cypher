// A page of the locked environments, those loaded last first, and their number; each with its
// roots and their abstract specs. If `holding` is not null, only those that lock one of these specs or
// something that depends on one, each with at most twenty of these specs as `holds`.
// parameters: name, site, holding, before, limit
// columns: total, items
// owns up to: NodeByLabelScan
// used by: service/queries/environments.py
CALL () {
  MATCH (l:Lockfile)
  WHERE $p.holding IS NULL
  RETURN l, null AS holds
  UNION
  UNWIND $p.holding AS uid
  MATCH (x:Spec {uid: uid})
  CALL (x) {
    MATCH (x)<-[:LOCKS]-(l:Lockfile)
    RETURN l
    UNION
    MATCH (x)<-[:BUILT_WITH|DEPLOYED_WITH]-(:Root)<-[:LOCKS]-(l:Lockfile)
    RETURN l
  }
  WITH l, x ORDER BY x.name, x.version_key, x.uid
  RETURN l, collect(DISTINCT x {.uid, .hash, .name, .version})[..20] AS holds
}
MATCH (l)-[:AT]->(t:Site)
WHERE ($p.name IS NULL OR l.name STARTS WITH $p.name) AND ($p.site IS NULL OR t.name = $p.site)
WITH l, t, holds, l.load + ':' + l.uid AS sort_key ORDER BY sort_key DESC
WITH collect({lockfile: l, site: t, holds: holds, sort_key: sort_key}) AS found
RETURN size(found) AS total,
COLLECT {
  UNWIND [each IN found WHERE each.sort_key < $p.before][..$p.limit] AS each
  WITH each.lockfile AS l, each.site AS t, each.holds AS holds, each.sort_key AS sort_key
  RETURN l {
    .uid, .name, .digest, .lockfile_version, .spack_version, .included, site: t.name, sort_key: sort_key,
    holds: holds, loaded: l.load,
    roots: COLLECT {
      MATCH (l)-[k:LOCKS]->(s:Spec)
      WITH k, s ORDER BY k.group, k.abstract
      RETURN s {.uid, .hash, .name, .version, abstract: k.abstract, group: nullIf(k.group, '')}
    }
  }
} AS items
