// The specs that depend on one directly or through others: a page by name, version and hash.
// parameters: target, roots_only, name, version_key, hash, limit
// columns: total, items
MATCH (t:Spec {hash: $target})<-[:DEPENDS_ON*1..]-(s:Spec)
WITH DISTINCT s
WHERE NOT $roots_only OR s:Root
WITH s ORDER BY s.name, s.version_key, s.hash
WITH collect(s {.hash, .name, .version, .version_key, .spliced, .verified, root: s:Root}) AS found
RETURN size(found) AS total, [s IN found
  WHERE s.name > $name OR (s.name = $name AND (s.version_key > $version_key
    OR (s.version_key = $version_key AND s.hash > $hash)))][..$limit] AS items
