// The compressed logs of an attempt: of all phases in order, of one phase, or a document that was
// kept with the attempt.
// parameters: uid, phase, attachment
// columns: name, data
// used by: service/queries/attempt_details.py
MATCH (b:Build {uid: $p.uid})
CALL (b) {
  MATCH (b)-[:RAN]->(p:Phase)-[:HAS_TEXT]->(x:Blob)
  WHERE $p.attachment IS NULL AND ($p.phase IS NULL OR p.name = $p.phase)
  RETURN p.name AS name, p.order AS place, x.data AS data
  UNION ALL
  MATCH (b)-[k:KEPT]->(x:Blob)
  WHERE k.name = $p.attachment
  RETURN k.name AS name, 0 AS place, x.data AS data
}
RETURN name, data ORDER BY place
