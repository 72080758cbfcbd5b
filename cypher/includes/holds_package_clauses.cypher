// Whether a root `r` satisfies all of `$p.clauses`, whose literals only name packages and versions.
all(clause IN $p.clauses WHERE any(l IN clause WHERE l.negated <> any(x IN
  CASE l.kind
    WHEN 'self' THEN [r]
    WHEN 'built_with' THEN [(r)-[:BUILT_WITH]->(b) | b]
    ELSE [(r)-[:DEPLOYED_WITH]->(b) | b]
  END
  WHERE x.name = l.name AND any(i IN l.intervals WHERE i.low <= x.version_key AND x.version_key < i.high))))
