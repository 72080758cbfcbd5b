// The branch of a literal `l` of the kind `direct`: the nodes at the end of direct edges of the root `r`.
WHEN 'direct' THEN [(r)-[d:DEPENDS_ON]->(b)
  WHERE (NOT l.guarded OR coalesce(r.original_format, r.spec_format) >= 5)
    AND all(t IN l.deptypes WHERE t IN d.deptypes)
    AND (l.virtual IS NULL OR l.virtual IN d.virtuals)
    AND (size(l.virtuals) = 0 OR any(v IN l.virtuals WHERE v IN d.virtuals)) | b]
