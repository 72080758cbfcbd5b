// Infer the build specs of the contents of these hashes that lost theirs: the hash of a splice ends as
// that of its build spec does. That is the build spec of the other contents of the hash, if these
// have the same one, else the only spec of the package and version whose hash ends so.
// parameters: hashes
// columns: inferred
// used by: loaders/store/removal/specs.py, loaders/store/settling.py
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash})
USING INDEX SEEK s:Spec(hash)
WHERE s.stripped
CALL (s) {
  MATCH (s)-[old:SPLICED_FROM]->(:Spec)
  WHERE old.inferred
  DELETE old
}
WITH s
CALL (s) {
  MATCH (other:Spec {hash: s.hash})-[known:SPLICED_FROM]->(b:Spec)
  USING INDEX SEEK other:Spec(hash)
  WHERE known.inferred IS NULL
  RETURN collect(DISTINCT b) AS known
}
CALL (s) {
  MATCH (b:Spec {name: s.name})
  USING INDEX SEEK b:Spec(name)
  WHERE b.uid = b.hash AND b.version = s.version AND right(b.hash, 7) = s.build_suffix
    AND b.standing IS NOT NULL
  RETURN collect(b) AS ending
}
WITH s, CASE WHEN size(known) > 0 THEN known ELSE ending END AS found
WHERE size(found) = 1
UNWIND found AS b
CREATE (s)-[:SPLICED_FROM {inferred: true}]->(b)
RETURN collect(s.uid) AS inferred
