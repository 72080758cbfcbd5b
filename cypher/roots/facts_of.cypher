// What tells some specs of one package apart, for a person who is to choose one: of what they depend
// on only what provides a virtual.
// parameters: hashes
// columns: facts
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash})
RETURN collect(s {
  .hash, .name, .version, .compiler, .compiler_version, .target, .os, .variants, .spliced,
  providers: [(s)-[d:DEPENDS_ON]->(x:Spec) WHERE size(d.virtuals) > 0 | x.name + '@' + x.version]
}) AS facts
