// Specs of a package that are installed somewhere, or were tested, and of which no DAG is known.
// parameters: name
// columns: hashes
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
RETURN collect(DISTINCT s.hash) AS hashes
