// The next roots of a package, by version and hash, that are as `own` says: each of its properties
// that is not null is the root's; an empty one is what the root lacks. Of `variants` all are its.
// parameters: root, package, own, version_key, hash, limit
// columns: candidates
MATCH (r:Root)
WHERE r.name = $package AND r.version_key >= $version_key AND r.hash IS NOT NULL
  AND CASE WHEN r.version_key > $version_key THEN true ELSE r.hash > $hash END
  AND r.hash <> $root
  AND ($own.version IS NULL OR r.version = $own.version)
  AND ($own.namespace IS NULL OR coalesce(r.namespace, '') = $own.namespace)
  AND ($own.platform IS NULL OR coalesce(r.platform, '') = $own.platform)
  AND ($own.os IS NULL OR coalesce(r.os, '') = $own.os)
  AND ($own.target IS NULL OR coalesce(r.target, '') = $own.target)
  AND ($own.compiler IS NULL OR coalesce(r.compiler, '') = $own.compiler)
  AND ($own.compiler_version IS NULL
    OR coalesce(r.compiler_version, '') = $own.compiler_version)
  AND ($own.variants IS NULL
    OR (all(entry IN r.variants WHERE entry IN $own.variants)
      AND all(entry IN $own.variants WHERE entry IN r.variants)))
WITH r ORDER BY r.version_key, r.hash LIMIT $limit
RETURN collect(r {.hash, .name, .version, .version_key}) AS candidates
