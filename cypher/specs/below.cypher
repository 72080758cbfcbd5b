// The records at and below some specs, to be judged by what only their dependencies tell.
// parameters: hashes
// columns: specs
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash})-[:DEPENDS_ON*0..]->(n:Spec)
WITH DISTINCT n
WHERE n.document IS NOT NULL
RETURN collect([n.hash, n.document, n.spec_format]) AS specs
