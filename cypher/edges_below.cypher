// The edges of everything that these roots reach, to tell by which path a root reaches a node; and
// of each node, the places of what is wanted and fits it.
// parameters: hashes, wanted
// columns: nodes
UNWIND $hashes AS hash
MATCH (:Spec {hash: hash})-[:BUILT_WITH|DEPLOYED_WITH]->(a:Spec)
WITH DISTINCT a
CALL (a) {
  MATCH (a)-[d:DEPENDS_ON|SPLICED_FROM]->(b:Spec)
  RETURN collect([b.hash, d.deptypes, d.virtuals]) AS below
}
WITH a AS x, below
RETURN collect([x.hash, x.name, x.version, below, [place IN range(0, size($wanted) - 1)
  WHERE all(w IN [$wanted[place]] WHERE
    x.standing IS NOT NULL
    AND (w.name IS NULL OR x.name = w.name)
    AND (w.any_version OR any(i IN w.versions WHERE i.low <= x.version_key AND x.version_key < i.high))
    AND all(e IN w.variants WHERE e IN x.variants)
    AND all(p IN w.prefixes WHERE any(e IN x.variants WHERE e STARTS WITH p))
    AND all(v IN w.exact WHERE all(e IN x.variants WHERE NOT e STARTS WITH v.prefix OR e IN v.entries))
    AND (w.namespace IS NULL OR x.namespace = w.namespace)
    AND (w.platform IS NULL OR x.platform = w.platform)
    AND (w.os IS NULL OR x.os = w.os)
    AND (w.targets IS NULL OR x.target IN w.targets)
    AND all(k IN w.given WHERE x[k] IS NOT NULL)
    AND (w.compiler IS NULL OR (x.compiler IS NOT NULL
      AND coalesce(x.original_format, x.spec_format) < 5
      AND (w.compiler.names IS NULL OR x.compiler IN w.compiler.names)
      AND (w.compiler.any_version OR any(i IN w.compiler.versions
        WHERE i.low <= x.compiler_version_key AND x.compiler_version_key < i.high))))
    AND (w.virtual IS NULL OR EXISTS { (x)-[:PROVIDES]->(:Virtual {name: w.virtual}) })
    AND (size(w.hashes) = 0 OR x.hash IN w.hashes))
]]) AS nodes
