// Delete the documents that describe a root, and its closure: it is a spec like any other then. Return
// the number of these documents, the claims that they held, and the hashes of the records of those that
// held claims.
// parameters: uid
// columns: dropped
// used by: loaders/store/removal/specs.py
MATCH (s:Spec {uid: $p.uid})
SET s.hash = s.hash
REMOVE s:Root
WITH s
// include: places_gone
REMOVE s.places, s.unsealed, s.sealing
WITH s
CALL (s) {
  MATCH (s)-[old:BUILT_WITH|DEPLOYED_WITH]->()
  DELETE old
}
WITH s, COLLECT {
  MATCH (s)<-[:DESCRIBES]-(:Document)-[:HOLDS]->(c:Claim)
  RETURN DISTINCT c.uid
} AS claims, COLLECT {
  MATCH (s)<-[:DESCRIBES]-(d:Document)
  WHERE EXISTS { (d)-[:HOLDS]->(:Claim) }
  UNWIND d.records AS reference
  RETURN DISTINCT left(reference, 32)
} AS hashes
CALL (s) {
  MATCH (d:Document)-[:DESCRIBES]->(s)
  DETACH DELETE d
  RETURN count(*) AS documents
}
RETURN {documents: documents, claims: claims, hashes: hashes} AS dropped
