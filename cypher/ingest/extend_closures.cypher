// Let every root that was built with one of these build specs be built with what lies below it: for
// build specs that came later than the root, or that its document names but does not hold.
// parameters: hashes
// columns: roots
UNWIND $p.hashes AS hash
MATCH (b:Spec {hash: hash})<-[:BUILT_WITH]-(r:Root)
WITH DISTINCT b, r
MATCH (b)-[:DEPENDS_ON|SPLICED_FROM*1..]->(x:Spec)
WITH DISTINCT r, x
MERGE (r)-[:BUILT_WITH]->(x)
RETURN count(DISTINCT r) AS roots
