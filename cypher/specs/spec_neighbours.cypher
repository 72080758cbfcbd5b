// What stands around one content: its compilers, the providers of virtuals that it is deployed with,
// its direct dependencies and dependents, and the specs that were spliced from it; at most `most` of
// each. Also how many of the specs of its package that were looked at have each of its variants.
// parameters: uid, most, looked_at
// columns: compilers, providers, dependencies, dependents, splices, variants, specs
// owns up to: VarLengthExpand(All)
// used by: service/queries/neighbours.py
MATCH (asked:Spec {uid: $p.uid})
CALL (asked) {
  MATCH (s:Spec)
  USING INDEX SEEK s:Spec(name, version_key)
  WHERE s.name = asked.name AND s.version_key >= ''
  WITH s LIMIT $p.looked_at
  RETURN collect(s.variants) AS others
}
RETURN
  COLLECT {
    MATCH (asked)-[:SPLICED_FROM*0..]->(b:Spec)-[d:DEPENDS_ON]->(c:Spec)
    WHERE any(v IN d.virtuals WHERE v IN ['c', 'cxx', 'fortran'])
    WITH DISTINCT c ORDER BY c.name, c.version_key
    RETURN c {.uid, .hash, .name, .version}
  } AS compilers,
  COLLECT {
    MATCH (asked)-[:DEPLOYED_WITH]->(x:Spec)-[:PROVIDES]->(v:Virtual)
    WHERE x <> asked
    WITH v, x ORDER BY v.name, x.name
    RETURN x {.uid, .hash, .name, .version, virtual: v.name}
  } AS providers,
  COLLECT {
    MATCH (asked)-[d:DEPENDS_ON]->(x:Spec)
    WITH d, x ORDER BY x.name, x.uid LIMIT $p.most
    RETURN x {.uid, .hash, .name, .version, deptypes: d.deptypes, virtuals: d.virtuals}
  } AS dependencies,
  COLLECT {
    MATCH (asked)<-[d:DEPENDS_ON]-(x:Spec)
    WITH d, x LIMIT $p.most
    RETURN x {.uid, .hash, .name, .version, deptypes: d.deptypes, virtuals: d.virtuals}
  } AS dependents,
  COLLECT {
    MATCH (asked)<-[:SPLICED_FROM]-(x:Spec)
    WITH x ORDER BY x.name, x.uid LIMIT $p.most
    RETURN x {.uid, .hash, .name, .version}
  } AS splices,
  [v IN coalesce(asked.variants, []) | {entry: v, specs: size([o IN others WHERE v IN o])}] AS variants,
  size(others) AS specs
