// Success by package and compiler
// How attempts ended. What was unpacked from a build cache does not count.
// owns up to: NodeByLabelScan, DirectedRelationshipTypeScan
MATCH (b:Build)-[:BUILT]->(s:Spec)
WHERE NOT coalesce(b.binary, false)
OPTIONAL MATCH (s)-[e:DEPENDS_ON]->(c:Spec)
WHERE any(v IN e.virtuals WHERE v IN ["c", "cxx", "fortran"])
WITH DISTINCT b, coalesce(c.name + "@" + c.version,
  s.compiler + "@" + s.compiler_version, "none") AS compiler
RETURN b.name AS package, compiler,
  count(CASE b.status WHEN "succeeded" THEN 1 END) AS succeeded,
  count(CASE b.status WHEN "failed" THEN 1 END) AS failed,
  count(CASE b.status WHEN "skipped" THEN 1 END) AS skipped
ORDER BY package, compiler
