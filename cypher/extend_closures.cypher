// Let every root that was built with one of these build specs reach what lies below it: for
// build specs that came later than the root, or that its document names but does not hold.
// parameters: hashes
// columns: roots
UNWIND $hashes AS hash
MATCH (b:Spec {hash: hash})<-[:REACHES {build: true}]-(r:Root)
WITH DISTINCT b, r
MATCH (b)-[:DEPENDS_ON|SPLICED_FROM*1..]->(x:Spec)
WITH DISTINCT r, x
MERGE (r)-[reach:REACHES]->(x)
  ON CREATE SET reach.build = true, reach.runtime = false
  ON MATCH SET reach.build = true
RETURN count(DISTINCT r) AS roots
