// Whether a node `x` passes the node filter `w` of `service/queries/node_filter.py`, as far as its own
// attributes go; the filter's hashes and virtual are left to the including statement.
(w.name IS NULL OR x.name = w.name)
AND x.standing IS NOT NULL
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
