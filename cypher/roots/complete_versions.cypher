// The versions of a package that start with a prefix, the newest first. Each is sought below the one
// before it, so that specs are not read: `most` versions at most, and of each no more than `counted`
// specs are counted.
// parameters: name, prefix, most, counted, limit
// columns: versions
// used by: service/queries/completion.py
WITH reduce(keys = ['~~'], place IN range(1, $p.most) | keys + COLLECT {
  MATCH (s:Spec)
  USING INDEX SEEK s:Spec(name, version_key)
  WHERE s.name = $p.name AND s.version_key < keys[-1]
  RETURN s.version_key ORDER BY s.version_key DESC LIMIT 1
}) AS keys
UNWIND range(1, size(keys) - 1) AS place
WITH DISTINCT keys[place] AS key
CALL (key) {
  MATCH (s:Spec {name: $p.name, version_key: key})
  WITH s LIMIT $p.counted
  RETURN head(collect(s.version)) AS version, count(*) AS count
}
WITH key, version, count
WHERE version STARTS WITH $p.prefix
WITH key, version, count ORDER BY key DESC LIMIT $p.limit
RETURN collect({text: version, count: count}) AS versions
