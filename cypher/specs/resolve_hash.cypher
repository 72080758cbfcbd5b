// The stored specs whose hash starts with a prefix, by any of the hashes that a node carries;
// stubs included. At most eleven, to tell an ambiguous prefix.
// parameters: prefix
// columns: hash, name, version, root
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
