// Packages, versions, targets, operating systems, compilers and providers of virtuals that some roots
// have, the most frequent first. A compiler is an attribute, or it provides a language to the root or
// its build spec; a provider is a spec that the root is deployed with.
// parameters: uids, virtuals, limit
// columns: facets
// owns up to: VarLengthExpand(All)
// used by: service/queries/facets.py
UNWIND $p.uids AS uid
MATCH (r:Spec {uid: uid})
WITH collect(r) AS roots
CALL (roots) {
  UNWIND roots AS r
  RETURN 'package' AS facet, r.name AS value, count(*) AS count
  UNION ALL
  UNWIND roots AS r
  RETURN 'version' AS facet, r.name + '@' + r.version AS value, count(*) AS count
  UNION ALL
  UNWIND roots AS r
  RETURN 'target' AS facet, r.target AS value, count(*) AS count
  UNION ALL
  UNWIND roots AS r
  RETURN 'os' AS facet, r.os AS value, count(*) AS count
  UNION ALL
  UNWIND roots AS r
  CALL (r) {
    WITH r
    WHERE r.compiler IS NOT NULL
    RETURN r.compiler + '@' + coalesce(r.compiler_version, '') AS value
    UNION
    MATCH (r)-[:SPLICED_FROM*0..]->(b:Spec)-[d:DEPENDS_ON]->(c:Spec)
    WHERE any(v IN d.virtuals WHERE v IN ['c', 'cxx', 'fortran'])
    RETURN DISTINCT c.name + '@' + c.version AS value
  }
  RETURN 'compiler' AS facet, value, count(*) AS count
  UNION ALL
  UNWIND $p.virtuals AS virtual
  UNWIND roots AS r
  MATCH (r)-[:DEPLOYED_WITH]->(x:Spec)
  WHERE EXISTS { (x)-[:PROVIDES]->(:Virtual {name: virtual}) }
  WITH DISTINCT virtual, r, x.name + '@' + x.version AS value
  RETURN virtual AS facet, value, count(*) AS count
}
WITH facet, value, count ORDER BY count DESC, value
WHERE value IS NOT NULL
WITH facet, collect({value: value, count: count}) AS values
RETURN collect({facet: facet, distinct: size(values), values: values[..$p.limit]}) AS facets
