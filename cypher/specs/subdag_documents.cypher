// The documents of some specs and of everything that they depend on, for constraints that only
// Python can evaluate.
// parameters: hashes
// columns: specs
// used by: service/queries/selection.py
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash})-[:DEPENDS_ON*0..]->(n:Spec)
WITH DISTINCT n
WHERE n.document IS NOT NULL
RETURN collect(n {.hash, .document, .spec_format}) AS specs
