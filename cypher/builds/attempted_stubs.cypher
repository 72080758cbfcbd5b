// Hashes of the stubs of a package that were attempted, by the version that the attempt names. A
// stub is a spec that other documents name but nobody uploaded.
// parameters: name, versions
// columns: uids
// used by: service/queries/stub_selection.py
MATCH (b:Build)
WHERE b.name = $p.name AND b.sort_key >= ''
MATCH (b)-[:BUILT]->(s:Spec)
WHERE s.standing IS NULL AND (size($p.versions) = 0
  OR any(i IN $p.versions WHERE i.low <= b.version_key AND b.version_key < i.high))
RETURN collect(DISTINCT s.uid) AS uids
