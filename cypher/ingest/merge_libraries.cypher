// Write libraries with their symbol sets and sonames; return how many.
// parameters: sets, sonames, libraries
// columns: libraries
// used by: loaders/store/libraries.py
CALL () {
  UNWIND $p.sets AS row
  MERGE (x:SymbolSet {uid: row.uid})
    ON CREATE SET x += row.properties
  RETURN count(*) AS sets
}
CALL () {
  UNWIND $p.sonames AS name
  MERGE (:Soname {name: name})
  RETURN count(*) AS sonames
}
UNWIND $p.libraries AS row
MERGE (l:Library {uid: row.uid})
  ON CREATE SET l += row.properties
WITH l, row
CALL (l, row) {
  MATCH (x:SymbolSet {uid: row.exports})
  MERGE (l)-[:EXPORTS]->(x)
}
CALL (l, row) {
  MATCH (x:SymbolSet {uid: row.imports})
  MERGE (l)-[:IMPORTS]->(x)
}
CALL (l, row) {
  UNWIND row.needs AS name
  MATCH (n:Soname {name: name})
  MERGE (l)-[:NEEDS]->(n)
}
CALL (l, row) {
  MATCH (n:Soname {name: row.has})
  MERGE (l)-[:HAS]->(n)
}
RETURN count(*) AS libraries
