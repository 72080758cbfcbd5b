// Success by compiler
// Outcomes of attempts by package and compiler. Unpacking from a build cache does not count.
// owns up to: NodeByLabelScan, DirectedRelationshipTypeScan
MATCH (b:Build)-[:BUILT]->(s:Spec)
WHERE NOT coalesce(b.binary, false)
OPTIONAL MATCH (s)-[e:DEPENDS_ON]->(c:Spec)
WHERE any(v IN e.virtuals
  WHERE v IN ["c", "cxx", "fortran"])
WITH DISTINCT b, b.status AS status, coalesce(
  c.name + "@" + c.version,
  s.compiler + "@" + s.compiler_version,
  "none") AS compiler
RETURN b.name AS package, compiler,
  sum(toInteger(status = "succeeded")) AS succeeded,
  sum(toInteger(status = "failed")) AS failed,
  sum(toInteger(status = "skipped")) AS skipped
ORDER BY package, compiler
