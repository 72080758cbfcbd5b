// Move the installed files, the prefixes and the virtuals of a copy to the original.
// parameters: copy, original
// columns: moved
// owns up to: CartesianProduct
// used by: loaders/store/settling.py
MATCH (c:Spec {uid: $p.copy})-[old:INSTALLED_FILE|INSTALLED_IN|PROVIDES]->(x)
USING INDEX SEEK c:Spec(uid)
WITH x, old
MATCH (o:Spec {uid: $p.original})
USING INDEX SEEK o:Spec(uid)
CALL (x, old, o) {
  WITH x, old, o WHERE NOT type(old) IN [(o)-[other]->(x) | type(other)]
  CREATE (o)-[:$(type(old))]->(x)
}
DELETE old
RETURN count(*) AS moved
