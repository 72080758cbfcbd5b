// Specs of these names that are like this: versions as intervals of sort keys, variants as
// entries that must all be there. Null asks for nothing.
// parameters: names, intervals, variants, namespace, platform, os, targets
// columns: hashes
MATCH (s:Spec)
WHERE s.name IN $names AND s.standing IS NOT NULL
  AND ($intervals IS NULL OR any(i IN $intervals
    WHERE (i.low IS NULL OR s.version_key >= i.low) AND (i.high IS NULL OR s.version_key < i.high)))
  AND all(entry IN $variants WHERE entry IN s.variants)
  AND ($namespace IS NULL OR s.namespace = $namespace)
  AND ($platform IS NULL OR s.platform = $platform)
  AND ($os IS NULL OR s.os = $os)
  AND ($targets IS NULL OR s.target IN $targets)
RETURN collect(s.hash) AS hashes
