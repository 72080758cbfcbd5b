// The hashes that start with a prefix, by any of the hashes that a node carries; stubs included. At
// most eleven, enough to show that the prefix is ambiguous. Each with the identities of its contents,
// the one that is shown for the hash first.
// parameters: prefix
// columns: hash, name, version, root, uids
// used by: service/queries/selection.py, service/queries/completion.py, loaders/pipeline/build_writer.py
CALL () {
  MATCH (s:Spec) WHERE s.hash STARTS WITH $p.prefix RETURN s LIMIT 100
  UNION
  MATCH (s:Spec) WHERE s.runtime_hash STARTS WITH $p.prefix RETURN s LIMIT 100
  UNION
  MATCH (s:Spec) WHERE s.build_hash STARTS WITH $p.prefix RETURN s LIMIT 100
  UNION
  MATCH (s:Spec) WHERE s.full_hash STARTS WITH $p.prefix RETURN s LIMIT 100
}
WITH s
ORDER BY
  // include: content_order
WITH s.hash AS hash, collect(s) AS contents
RETURN hash, contents[0].name AS name, contents[0].version AS version,
  any(c IN contents WHERE c:Root) AS root, [c IN contents | c.uid] AS uids
ORDER BY hash
LIMIT 11
