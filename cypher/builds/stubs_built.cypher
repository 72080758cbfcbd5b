// Specs of a package that are only named so far and that somebody tried to build, by version.
// parameters: name, versions
// columns: hashes
MATCH (b:Build)
WHERE b.name = $p.name AND b.sort_key >= ''
MATCH (b)-[:BUILT]->(s:Spec)
WHERE s.standing IS NULL AND (size($p.versions) = 0
  OR any(i IN $p.versions WHERE i.low <= b.version_key AND b.version_key < i.high))
RETURN collect(DISTINCT s.hash) AS hashes
