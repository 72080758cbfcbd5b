// Hashes of the stubs of a package that are installed somewhere, or were tested. A stub is a spec
// that other documents name but nobody uploaded.
// parameters: name
// columns: uids
// used by: service/queries/stub_selection.py
CALL () {
  MATCH (i:Installation)
  WHERE i.name = $p.name AND i.sort_key >= ''
  MATCH (i)-[:OF]->(s:Spec)
  WHERE s.standing IS NULL
  RETURN s
  UNION
  MATCH (s:Spec)
  WHERE s.name = $p.name AND s.standing IS NULL AND EXISTS { (s)<-[:TESTED]-(:TestRun) }
  RETURN s
}
RETURN collect(DISTINCT s.uid) AS uids
