// The spec that a client means by a hash: the DAG hash, or one of those that Spack had before 0.18.
// A stub is the answer only if no whole spec has the hash.
// parameters: hash
// columns: spec
// used by: loaders/monitor/announcements.py
CALL () {
  MATCH (s:Spec {hash: $p.hash})
  USING INDEX SEEK s:Spec(hash)
  RETURN s, 0 AS rank
  UNION
  MATCH (s:Spec {full_hash: $p.hash}) RETURN s, 1 AS rank
  UNION
  MATCH (s:Spec {build_hash: $p.hash}) RETURN s, 2 AS rank
  UNION
  MATCH (s:Spec {runtime_hash: $p.hash}) RETURN s, 3 AS rank
}
WITH s, rank
ORDER BY coalesce(s.stub, false), rank, s.load DESC
LIMIT 1
RETURN s {.hash, .name, .version, .full_hash, .stub} AS spec
