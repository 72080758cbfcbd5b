// What is known about putting one stored spec in the place of others: the can_splice directives of its
// recipe, and those of the replaced specs for which some stored splice has it, or itself spliced. Of
// a replacement with very many dependents only some are looked at.
// parameters: package, replacement, replaced
// columns: directives, seen
// used by: service/queries/splice_evidence.py
CALL () {
  MATCH (d:CanSplice {package: $p.package})
  WITH d ORDER BY d.target, d.when, d.uid
  RETURN collect(d {
    .package, .namespace, .target, .when, .match_variants, .variants,
    site: head([(d)-[:AT]->(t:Site) | t.name])
  }) AS directives
}
CALL (directives) {
  MATCH (r:Spec {uid: $p.replacement})
  CALL (r) {
    MATCH (r)<-[:DEPENDS_ON]-(s:Spec)
    WITH s LIMIT 10000
    MATCH (s)-[:SPLICED_FROM]->(b:Spec)
    RETURN b
    UNION
    MATCH (r)<-[:SPLICED_FROM]-(:Spec)<-[:DEPENDS_ON]-(s:Spec)
    WITH s LIMIT 10000
    MATCH (s)-[:SPLICED_FROM]->(b:Spec)
    RETURN b
  }
  UNWIND [(b)-[:DEPENDS_ON]->(o:Spec) WHERE o.uid IN $p.replaced | o.uid] AS uid
  RETURN collect(DISTINCT uid) AS seen
}
RETURN directives, seen
