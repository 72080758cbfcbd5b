// The next roots of a package, by version and hash, that have the properties in `own`. A null in
// `own` means any value, an empty text means that the property is missing; variants must be equal.
// parameters: root, package, own, version_key, uid, limit
// columns: candidates
// used by: service/queries/variations.py
MATCH (r:Root)
WHERE r.name = $p.package AND r.version_key >= $p.version_key AND r.uid IS NOT NULL
  AND CASE WHEN r.version_key > $p.version_key THEN true ELSE r.uid > $p.uid END
  AND r.uid <> $p.root
  AND ($p.own.version IS NULL OR r.version = $p.own.version)
  AND ($p.own.namespace IS NULL OR coalesce(r.namespace, '') = $p.own.namespace)
  AND ($p.own.platform IS NULL OR coalesce(r.platform, '') = $p.own.platform)
  AND ($p.own.os IS NULL OR coalesce(r.os, '') = $p.own.os)
  AND ($p.own.target IS NULL OR coalesce(r.target, '') = $p.own.target)
  AND ($p.own.compiler IS NULL OR coalesce(r.compiler, '') = $p.own.compiler)
  AND ($p.own.compiler_version IS NULL
    OR coalesce(r.compiler_version, '') = $p.own.compiler_version)
  AND ($p.own.variants IS NULL
    OR (all(entry IN r.variants WHERE entry IN $p.own.variants)
      AND all(entry IN $p.own.variants WHERE entry IN r.variants)))
WITH r ORDER BY r.version_key, r.uid LIMIT $p.limit
RETURN collect(r {.uid, .hash, .name, .version, .version_key}) AS candidates
