// Draws a spec, what it was built as, its direct dependencies, and some of its builds and dependents.
MATCH (s:Spec {uid: $uid})
OPTIONAL MATCH built_as = (s)-[:SPLICED_FROM*1..]->(:Spec)
OPTIONAL MATCH needs = (s)-[:DEPENDS_ON]->(:Spec)
RETURN s, collect(DISTINCT built_as) AS built_as, collect(DISTINCT needs) AS needs,
  [p = (s)<-[:DEPENDS_ON]-(:Spec) | p][..10] AS needed_by,
  [p = (s)<-[:BUILT]-(:Build) | p][..10] AS builds
