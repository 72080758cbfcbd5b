// Some documents whose root reaches a spec, best proven first, for a spec that has none of its
// own.
// parameters: hash
// columns: root, digest
MATCH (:Spec {hash: $p.hash})<-[:BUILT_WITH|DEPLOYED_WITH]-(r:Root)
WITH DISTINCT r LIMIT 20
MATCH (r)<-[:DESCRIBES]-(d:Document)
RETURN r.hash AS root, d.digest AS digest
ORDER BY d.standing
LIMIT 5
