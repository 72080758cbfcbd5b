// The records of some specs and of their direct dependencies.
// parameters: hashes
// columns: specs
UNWIND $hashes AS hash
MATCH (s:Spec {hash: hash})-[:DEPENDS_ON*0..1]->(n:Spec)
WITH DISTINCT n
WHERE n.document IS NOT NULL
RETURN collect([n.hash, n.document, n.spec_format]) AS specs
