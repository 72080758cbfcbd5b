// The keys of some of the nodes that nothing refers to, by kind. Claims and libraries of loads that began
// after some time are left out: they are written before what refers to them.
// parameters: before, limit
// columns: keys
// owns up to: NodeByLabelScan, NodeIndexScan, CartesianProduct
// used by: loaders/store/removal/garbage.py
CALL () {
  MATCH (n:Claim) WHERE NOT EXISTS { (n)--() } AND coalesce(n.load, '') < $p.before
  WITH n LIMIT $p.limit
  RETURN collect(n.uid) AS claims
}
CALL () {
  MATCH (n:Virtual) WHERE NOT EXISTS { (n)--() }
  WITH n LIMIT $p.limit
  RETURN collect(n.name) AS virtuals
}
CALL () {
  MATCH (n:Recipe) WHERE NOT EXISTS { (n)<-[:USED]-() }
  WITH n LIMIT $p.limit
  RETURN collect(n.uid) AS recipes
}
CALL () {
  MATCH (n:Blob) WHERE NOT EXISTS { (n)--() }
  WITH n LIMIT $p.limit
  RETURN collect(n.digest) AS texts
}
CALL () {
  MATCH (n:Diagnostic) WHERE NOT EXISTS { (n)--() }
  WITH n LIMIT $p.limit
  RETURN collect(n.fingerprint) AS diagnostics
}
CALL () {
  MATCH (n:Variable) WHERE NOT EXISTS { (n)--() }
  WITH n LIMIT $p.limit
  RETURN collect(n.digest) AS variables
}
CALL () {
  MATCH (n:Environment) WHERE NOT EXISTS { (n)--() }
  WITH n LIMIT $p.limit
  RETURN collect(n.fingerprint) AS hosts
}
CALL () {
  MATCH (n:Archive) WHERE NOT EXISTS { (n)--() }
  WITH n LIMIT $p.limit
  RETURN collect(n.uid) AS archives
}
CALL () {
  MATCH (n:Site) WHERE NOT EXISTS { (n)--() }
  WITH n LIMIT $p.limit
  RETURN collect(n.name) AS sites
}
CALL () {
  MATCH (n:Library) WHERE NOT EXISTS { (n)<-[:INSTALLS]-() } AND coalesce(n.load, '') < $p.before
  WITH n LIMIT $p.limit
  RETURN collect(n.uid) AS libraries
}
RETURN {
  libraries: libraries, claims: claims, virtuals: virtuals, recipes: recipes, texts: texts, diagnostics: diagnostics,
  variables: variables, hosts: hosts, archives: archives, sites: sites
} AS keys
