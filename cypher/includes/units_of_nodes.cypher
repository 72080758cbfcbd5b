// The fields of a unit: the node `n` with key `key`, the relationships that belong to it, and its parts,
// which exist only together with it. Relationships that are derived are left out.
WITH n, key
CALL (n) {
  MATCH (n)-[r:!BUILT_WITH&!DEPLOYED_WITH&!INSTALLED_FILE&!INSTALLED_IN&!OFFERS&!RAN&!TOLD]->(m)
  RETURN collect([type(r), coalesce(m.uid, m.digest, m.fingerprint, m.public_id, m.name),
    properties(r)]) AS edges
}
CALL (n) {
  MATCH (n)<-[r:INSTALLED_FILE|INSTALLED_IN|OFFERS]-(m)
  RETURN collect([type(r), coalesce(m.uid, m.name), properties(r)]) AS incoming
}
CALL (n) {
  MATCH (n)-[:RAN|TOLD]->(part)
  CALL (part) {
    MATCH (part)-[r]->(m)
    RETURN collect([type(r), coalesce(m.digest, m.fingerprint), properties(r)]) AS edges
  }
  RETURN collect({key: part.uid, properties: properties(part), edges: edges}) AS parts
}
RETURN collect({
  key: key, properties: properties(n), edges: edges, incoming: incoming, parts: parts
}) AS units
