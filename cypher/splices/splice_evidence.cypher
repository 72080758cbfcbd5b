// What is known about putting stored specs in the place of others, for each of some splices: the
// can_splice directives of the replacement's recipe, and those of the replaced specs for which some
// stored splice has the replacement, or itself spliced. Of a replacement with very many dependents only
// some are looked at.
// parameters: splices
// columns: found
// used by: service/queries/splice_evidence.py
UNWIND range(0, size($p.splices) - 1) AS place
WITH place, $p.splices[place] AS splice
CALL (splice) {
  MATCH (d:CanSplice {package: splice.package})
  WITH d ORDER BY d.target, d.when, d.uid
  RETURN collect(d {
    .package, .namespace, .target, .when, .match_variants, .variants,
    site: head([(d)-[:AT]->(t:Site) | t.name])
  }) AS directives
}
CALL (splice) {
  MATCH (r:Spec {uid: splice.replacement})
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
  UNWIND [(b)-[:DEPENDS_ON]->(o:Spec) WHERE o.uid IN splice.replaced | o.uid] AS uid
  RETURN collect(DISTINCT uid) AS seen
}
RETURN collect({place: place, directives: directives, seen: seen}) AS found
