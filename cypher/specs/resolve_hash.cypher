// The stored specs with a hash that starts with a prefix, by any of the hashes that a node carries;
// stubs included. At most eleven, enough to show that the prefix is ambiguous.
// parameters: prefix
// columns: hash, name, version, root
// used by: service/queries/selection.py, service/queries/completion.py, loaders/pipeline/build_writer.py
CALL () {
  MATCH (s:Spec) WHERE s.hash STARTS WITH $p.prefix RETURN s LIMIT 11
  UNION
  MATCH (s:Spec) WHERE s.runtime_hash STARTS WITH $p.prefix RETURN s LIMIT 11
  UNION
  MATCH (s:Spec) WHERE s.build_hash STARTS WITH $p.prefix RETURN s LIMIT 11
  UNION
  MATCH (s:Spec) WHERE s.full_hash STARTS WITH $p.prefix RETURN s LIMIT 11
}
RETURN s.hash AS hash, s.name AS name, s.version AS version, s:Root AS root
ORDER BY hash
LIMIT 11
