// Delete some of the documents, phases, files, prefixes and phase reports whose owner is gone; return their number by
// label, and the texts and claims that they referred to.
// parameters: limit
// columns: dropped
// owns up to: NodeByLabelScan, NodeIndexScan
// used by: loaders/store/removal/garbage.py
CALL () {
  MATCH (n:Document) WHERE NOT EXISTS { (n)-[:DESCRIBES]->() }
  WITH n LIMIT $p.limit
  WITH n, [(n)-[:HOLDS]->(c) | c.uid] AS held
  DETACH DELETE n
  RETURN collect(held) AS documents
}
CALL () {
  MATCH (n:Phase|PhaseReport) WHERE NOT EXISTS { (n)<-[:RAN|TOLD]-() }
  WITH n LIMIT $p.limit
  WITH n, labels(n)[0] AS label, [(n)-[:HAS_TEXT]->(x) | x.digest] AS texts
  DETACH DELETE n
  RETURN collect({label: label, texts: texts}) AS phases
}
CALL () {
  MATCH (n:Artifact) WHERE NOT EXISTS { (n)<-[:INSTALLED_FILE]-() }
  WITH n LIMIT $p.limit
  DETACH DELETE n
  RETURN count(*) AS files
}
CALL () {
  MATCH (n:Prefix) WHERE NOT EXISTS { (n)<-[:INSTALLED_IN]-() }
  WITH n LIMIT $p.limit
  DETACH DELETE n
  RETURN count(*) AS prefixes
}
RETURN {documents: documents, phases: phases, files: files, prefixes: prefixes} AS dropped
