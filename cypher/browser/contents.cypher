// Contents of hashes
// Released Spack gives different splices one hash. Each
// content is a node of its own; its link and run
// dependencies tell it from the others.
// owns up to: NodeByLabelScan, NodeIndexScan
MATCH (s:Spec)
WHERE s.uid <> s.hash
WITH s.hash AS hash, collect(s) AS contents
ORDER BY size(contents) DESC, hash LIMIT 30
UNWIND contents AS s
OPTIONAL MATCH (s)-[:SPLICED_FROM]->(b:Spec)
RETURN s.name AS package, s.version AS version,
  left(hash, 7) AS hash, size(contents) AS contents,
  substring(s.uid, 33, 7) AS content,
  left(b.hash, 7) AS built_as,
  COLLECT {
    MATCH (s)-[:DEPENDS_ON {runtime: true}]->(x:Spec)
    WITH x ORDER BY x.name
    RETURN x.name + '@' + x.version
  } AS deployed_with
ORDER BY contents DESC, package, hash, content
