// Those of some specs that depend on one of the targets: directly, or by a link or run edge below
// nodes that link and run edges reach.
// parameters: uids, targets, virtual, deptypes, virtuals
// columns: uids
// used by: service/queries/selection.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})-[:DEPENDS_ON*0.. {runtime: true}]->(m:Spec)
WITH DISTINCT s, m
MATCH (m)-[d:DEPENDS_ON]->(x:Spec)
WHERE (m = s OR d.runtime) AND x.uid IN $p.targets
  AND all(t IN $p.deptypes WHERE t IN d.deptypes)
  AND ($p.virtual IS NULL OR $p.virtual IN d.virtuals)
  AND (size($p.virtuals) = 0 OR any(v IN $p.virtuals WHERE v IN d.virtuals))
RETURN collect(DISTINCT s.uid) AS uids
