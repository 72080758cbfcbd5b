// Branches by the kind of the literal `l`: the nodes at the end of some edges of the root `r`.
  // include: nodes_by_direct_edge
ELSE [(r)-[:DEPLOYED_WITH]->(m)-[d:DEPENDS_ON]->(b)
  WHERE (m = r OR d.runtime)
    AND all(t IN l.deptypes WHERE t IN d.deptypes)
    AND (l.virtual IS NULL OR l.virtual IN d.virtuals)
    AND (size(l.virtuals) = 0 OR any(v IN l.virtuals WHERE v IN d.virtuals)) | b]
