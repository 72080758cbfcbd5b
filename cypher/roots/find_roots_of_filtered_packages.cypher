// As find_roots_of_packages, for clauses that also ask for variants and other attributes of nodes, or
// for types and virtuals of direct edges. It plans in a third of the time of find_roots.
// parameters: drivers, clauses, spliced, below_hash, name, version_key, uid, limit
// columns: total, items
// used by: service/queries/root_statements.py
UNWIND range(0, size($p.drivers) - 1) AS place
// include: roots_of_packages
  AND all(clause IN $p.clauses WHERE any(l IN clause WHERE l.negated <> coalesce(any(x IN
    CASE l.kind
      WHEN 'self' THEN [r]
      WHEN 'built_with' THEN [(r)-[:BUILT_WITH]->(b) | b]
      WHEN 'deployed_with' THEN [(r)-[:DEPLOYED_WITH]->(b) WHERE NOT l.proper OR b <> r | b]
      // include: nodes_by_direct_edge
    END
    WHERE all(w IN [l.filter] WHERE
      // include: node_filter
    )), false)))
WITH r ORDER BY r.name, r.version_key, r.uid
WITH collect(r) AS found
// include: page_of_ordered
