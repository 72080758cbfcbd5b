// The virtuals that specs of some packages are known to provide. Of a package with very many specs
// only some are looked at.
// parameters: names
// columns: names
// used by: service/queries/plans.py
UNWIND $p.names AS name
CALL (name) {
  MATCH (s:Spec {name: name})
  WITH s LIMIT 5000
  MATCH (s)-[:PROVIDES]->(v:Virtual)
  RETURN collect(DISTINCT v.name) AS virtuals
}
RETURN collect({name: name, virtuals: virtuals}) AS names
