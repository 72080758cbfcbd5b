// As select_specs, for an anonymous spec: every stored spec is looked at.
// parameters: intervals, variants, namespace, platform, os, targets
// columns: hashes
// owns up to: NodeByLabelScan, NodeIndexScan
MATCH (s:Spec)
WHERE s.standing IS NOT NULL
  AND ($intervals IS NULL OR any(i IN $intervals
    WHERE (i.low IS NULL OR s.version_key >= i.low) AND (i.high IS NULL OR s.version_key < i.high)))
  AND all(entry IN $variants WHERE entry IN s.variants)
  AND ($namespace IS NULL OR s.namespace = $namespace)
  AND ($platform IS NULL OR s.platform = $platform)
  AND ($os IS NULL OR s.os = $os)
  AND ($targets IS NULL OR s.target IN $targets)
RETURN collect(s.hash) AS hashes
