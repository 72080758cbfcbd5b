// Every spec `s` that depends on `t`, directly or through others, over the edges that `$p.follows`
// names. Only one of the branches runs.
CALL (t) {
  WITH t WHERE $p.follows = 'all'
  MATCH (t)<-[:DEPENDS_ON*1..]-(s:Spec)
  RETURN DISTINCT s
  UNION ALL
  WITH t WHERE $p.follows = 'runtime'
  MATCH (t)<-[:DEPENDS_ON*1.. {runtime: true}]-(s:Spec)
  RETURN DISTINCT s
  UNION ALL
  WITH t WHERE $p.follows = 'deptypes'
  MATCH (t)<-[d:DEPENDS_ON*1..]-(s:Spec)
  WHERE all(e IN d WHERE size(e.deptypes) = 0
    OR any(kind IN e.deptypes WHERE kind IN $p.deptypes))
  RETURN DISTINCT s
}
