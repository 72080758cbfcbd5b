// How many roots are unsealed, up to a limit, and if they are fewer: their places, and those that satisfy
// clauses of packages and versions as items of an answer, null for the others.
// parameters: clauses, limit
// columns: unsealed, roots
// used by: service/queries/postings.py
CALL () {
  MATCH (r:Root)
  WHERE r.unsealed = true
  WITH r LIMIT $p.limit
  RETURN collect(r) AS found
}
CALL (found) {
  UNWIND CASE WHEN size(found) < $p.limit THEN found ELSE [] END AS r
  RETURN collect([r.places, CASE WHEN all(clause IN $p.clauses WHERE any(l IN clause WHERE
    l.negated <> coalesce(any(x IN
      CASE l.kind
        WHEN 'built_with' THEN [(r)-[:BUILT_WITH]->(b) | b]
        ELSE [(r)-[:DEPLOYED_WITH]->(b) | b]
      END
      WHERE x.name = l.name AND any(i IN l.intervals WHERE i.low <= x.version_key AND x.version_key < i.high)
    ), false)))
    THEN r {
      // include: root_item
    } END
  ]) AS roots
}
RETURN size(found) AS unsealed, roots
