// What may tell some specs apart from others in a list: attributes, compilers, providers of virtuals,
// and where and when they were installed. A compiler is an attribute, or it provides a language to
// the spec or its build spec. A provider is a spec that a root is deployed with, or that a spec
// depends on directly.
// parameters: uids
// columns: facts
// owns up to: VarLengthExpand(All)
// used by: service/queries/row_facts.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})
RETURN collect(s {
  .uid, .name, .version, .namespace, .platform, .os, .target, .variants, .package_hash, .load,
  compiler: s.compiler + '@' + coalesce(s.compiler_version, ''),
  compilers: COLLECT {
    MATCH (s)-[:SPLICED_FROM*0..]->(b:Spec)-[d:DEPENDS_ON]->(c:Spec)
    WHERE any(v IN d.virtuals WHERE v IN ['c', 'cxx', 'fortran'])
    RETURN DISTINCT c.name + '@' + coalesce(c.version, '')
  },
  build_spec: head([(s)-[:SPLICED_FROM]->(b:Spec) | b.hash]),
  providers: [(s)-[d:DEPENDS_ON]->(x:Spec) WHERE size(d.virtuals) > 0 |
    x {.name, .version, virtuals: d.virtuals}
  ] + [(s)-[:DEPLOYED_WITH]->(x:Spec) WHERE (x)-[:PROVIDES]->() |
    x {.name, .version, virtuals: [(x)-[:PROVIDES]->(v:Virtual) | v.name]}
  ],
  sites: COLLECT {
    MATCH (s)<-[:OF]-(i:Installation)-[:IN]->(x:Store)-[:AT]->(t:Site)
    WHERE i.installed AND i.last_seen >= x.as_of
    RETURN DISTINCT t.name
  },
  installed_at: COLLECT {
    MATCH (s)<-[:OF]-(i:Installation)
    WHERE i.installed_at > 0
    RETURN i.installed_at ORDER BY i.installed_at DESC LIMIT 1
  }[0]
}) AS facts
