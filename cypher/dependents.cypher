// The specs that depend directly on one: a page by name, version and hash.
// parameters: target, runtime, roots_only, name, version_key, hash, limit
// columns: total, items
MATCH (:Spec {hash: $target})<-[d:DEPENDS_ON]-(s:Spec)
WHERE ($runtime IS NULL OR d.runtime = $runtime) AND (NOT $roots_only OR s:Root)
WITH s, d ORDER BY s.name, s.version_key, s.hash
WITH collect(s {.hash, .name, .version, .version_key, .spliced, .verified,
  root: s:Root, deptypes: d.deptypes, virtuals: d.virtuals}) AS found
RETURN size(found) AS total, [s IN found
  WHERE s.name > $name OR (s.name = $name AND (s.version_key > $version_key
    OR (s.version_key = $version_key AND s.hash > $hash)))][..$limit] AS items
