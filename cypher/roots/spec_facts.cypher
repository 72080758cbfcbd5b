// Attributes that distinguish specs of one package, for a user who has to choose one. Of the
// dependencies only those that provide a virtual are listed.
// parameters: uids
// columns: facts
// used by: service/queries/candidates.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})
RETURN collect(s {
  .uid, .hash, .name, .version, .compiler, .compiler_version, .target, .os, .variants, .spliced,
  providers: [(s)-[d:DEPENDS_ON]->(x:Spec) WHERE size(d.virtuals) > 0 | x.name + '@' + x.version]
}) AS facts
