// Some documents that hold a spec below their root, best verified first, for a spec without a
// document of its own.
// parameters: hash
// columns: root, digest
// used by: service/queries/stored_dags.py
MATCH (:Spec {hash: $p.hash})<-[:BUILT_WITH|DEPLOYED_WITH]-(r:Root)
WITH DISTINCT r LIMIT 20
MATCH (r)<-[:DESCRIBES]-(d:Document)
RETURN r.hash AS root, d.digest AS digest
ORDER BY d.standing
LIMIT 5
