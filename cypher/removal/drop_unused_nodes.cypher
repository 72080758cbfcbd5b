// Delete those of some nodes that nothing refers to any more, by the kind of their keys. They are
// locked first, as specs are in `drop_unneeded_specs`.
// parameters: claims, virtuals, recipes, texts, diagnostics, variables, hosts, archives, sites, libraries
// columns: dropped
// used by: loaders/store/removal/unused.py
CALL () {
  UNWIND $p.claims AS key
  MATCH (n:Claim {uid: key})
  SET n.uid = n.uid
  WITH n WHERE NOT EXISTS { (n)--() }
  DELETE n
  RETURN count(*) AS claims
}
CALL () {
  UNWIND $p.virtuals AS key
  MATCH (n:Virtual {name: key})
  SET n.name = n.name
  WITH n WHERE NOT EXISTS { (n)--() }
  DELETE n
  RETURN count(*) AS virtuals
}
CALL () {
  UNWIND $p.recipes AS key
  MATCH (n:Recipe {uid: key})
  SET n.uid = n.uid
  WITH n WHERE NOT EXISTS { (n)<-[:USED]-() }
  CALL (n) {
    MATCH (n)-[old:HAS_TEXT]->()
    DELETE old
  }
  DELETE n
  RETURN count(*) AS recipes
}
CALL (recipes) {
  UNWIND $p.texts AS key
  MATCH (n:Blob {digest: key})
  SET n.digest = n.digest
  WITH n WHERE NOT EXISTS { (n)--() }
  DELETE n
  RETURN count(*) AS texts
}
CALL () {
  UNWIND $p.diagnostics AS key
  MATCH (n:Diagnostic {fingerprint: key})
  SET n.fingerprint = n.fingerprint
  WITH n WHERE NOT EXISTS { (n)--() }
  DELETE n
  RETURN count(*) AS diagnostics
}
CALL () {
  UNWIND $p.variables AS key
  MATCH (n:Variable {digest: key})
  SET n.digest = n.digest
  WITH n WHERE NOT EXISTS { (n)--() }
  DELETE n
  RETURN count(*) AS variables
}
CALL () {
  UNWIND $p.hosts AS key
  MATCH (n:Environment {fingerprint: key})
  SET n.fingerprint = n.fingerprint
  WITH n WHERE NOT EXISTS { (n)--() }
  DELETE n
  RETURN count(*) AS hosts
}
CALL () {
  UNWIND $p.archives AS key
  MATCH (n:Archive {uid: key})
  SET n.uid = n.uid
  WITH n WHERE NOT EXISTS { (n)--() }
  DELETE n
  RETURN count(*) AS archives
}
CALL () {
  UNWIND $p.sites AS key
  MATCH (n:Site {name: key})
  SET n.name = n.name
  WITH n WHERE NOT EXISTS { (n)--() }
  DELETE n
  RETURN count(*) AS sites
}
CALL () {
  UNWIND $p.libraries AS key
  MATCH (n:Library {uid: key})
  SET n.uid = n.uid
  WITH n WHERE NOT EXISTS { (n)<-[:INSTALLS]-() }
  WITH n, [(n)-->(x) | x] AS parts
  DETACH DELETE n
  RETURN count(*) AS libraries, collect(parts) AS groups
}
CALL (groups) {
  UNWIND groups AS parts
  UNWIND parts AS x
  WITH DISTINCT x WHERE x:SymbolSet
  SET x.uid = x.uid
  WITH x WHERE NOT EXISTS { (x)<--() }
  DELETE x
  RETURN count(*) AS sets
}
CALL (groups) {
  UNWIND groups AS parts
  UNWIND parts AS x
  WITH DISTINCT x WHERE x:Soname
  SET x.name = x.name
  WITH x WHERE NOT EXISTS { (x)<--() }
  DELETE x
  RETURN count(*) AS sonames
}
RETURN {
  Library: libraries, SymbolSet: sets, Soname: sonames,
  Claim: claims, Virtual: virtuals, Recipe: recipes, Blob: texts, Diagnostic: diagnostics,
  Variable: variables, Environment: hosts, Archive: archives, Site: sites
} AS dropped
