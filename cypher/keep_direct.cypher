// Those of some specs that depend directly on one of some others, where compilers are nodes.
// parameters: hashes, targets, virtual, deptypes, virtuals
// columns: hashes
UNWIND $hashes AS hash
MATCH (s:Spec {hash: hash})-[d:DEPENDS_ON]->(x:Spec)
WHERE coalesce(s.original_format, s.spec_format) >= 5 AND x.hash IN $targets
  AND all(t IN $deptypes WHERE t IN d.deptypes)
  AND ($virtual IS NULL OR $virtual IN d.virtuals)
  AND (size($virtuals) = 0 OR any(v IN $virtuals WHERE v IN d.virtuals))
RETURN collect(DISTINCT s.hash) AS hashes
