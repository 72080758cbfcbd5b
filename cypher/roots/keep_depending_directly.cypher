// Those of some specs that depend directly on one of the targets, if their compilers are nodes.
// parameters: uids, targets, virtual, deptypes, virtuals
// columns: uids
// used by: service/queries/selection.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})-[d:DEPENDS_ON]->(x:Spec)
WHERE coalesce(s.original_format, s.spec_format) >= 5 AND x.uid IN $p.targets
  AND all(t IN $p.deptypes WHERE t IN d.deptypes)
  AND ($p.virtual IS NULL OR $p.virtual IN d.virtuals)
  AND (size($p.virtuals) = 0 OR any(v IN $p.virtuals WHERE v IN d.virtuals))
RETURN collect(DISTINCT s.uid) AS uids
