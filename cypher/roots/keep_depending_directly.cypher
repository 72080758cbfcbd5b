// Those of some specs that depend directly on one of the targets, if their compilers are nodes.
// parameters: hashes, targets, virtual, deptypes, virtuals
// columns: hashes
// used by: service/queries/selection.py
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash})-[d:DEPENDS_ON]->(x:Spec)
WHERE coalesce(s.original_format, s.spec_format) >= 5 AND x.hash IN $p.targets
  AND all(t IN $p.deptypes WHERE t IN d.deptypes)
  AND ($p.virtual IS NULL OR $p.virtual IN d.virtuals)
  AND (size($p.virtuals) = 0 OR any(v IN $p.virtuals WHERE v IN d.virtuals))
RETURN collect(DISTINCT s.hash) AS hashes
