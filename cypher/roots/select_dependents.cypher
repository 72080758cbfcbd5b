// All specs, of one name or of any, of which keep_depending or keep_depending_directly would keep some:
// found from the targets upwards.
// parameters: targets, direct, virtual, deptypes, virtuals, name
// columns: uids
// used by: service/queries/selection.py
UNWIND $p.targets AS uid
MATCH (:Spec {uid: uid})<-[d:DEPENDS_ON]-(m:Spec)
WHERE (NOT $p.direct OR coalesce(m.original_format, m.spec_format) >= 5)
  AND all(t IN $p.deptypes WHERE t IN d.deptypes)
  AND ($p.virtual IS NULL OR $p.virtual IN d.virtuals)
  AND (size($p.virtuals) = 0 OR any(v IN $p.virtuals WHERE v IN d.virtuals))
WITH m, max(CASE WHEN d.runtime AND NOT $p.direct THEN 1 ELSE 0 END) AS runtime
WITH collect(m) AS parents, [m IN collect(CASE runtime WHEN 1 THEN m END) | m] AS below
CALL (parents, below) {
  UNWIND parents AS s
  RETURN s
  UNION
  UNWIND below AS m
  MATCH (m)<-[:DEPENDS_ON*1.. {runtime: true}]-(s:Spec)
  RETURN DISTINCT s
}
WITH s
WHERE $p.name IS NULL OR s.name = $p.name
RETURN collect(s.uid) AS uids
