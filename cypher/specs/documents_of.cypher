// The best proven document of each of some roots, and the records that any of these name.
// parameters: hashes
// columns: documents, specs, claims
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash})
CALL (s) {
  MATCH (s)<-[:DESCRIBES]-(d:Document)
  RETURN d ORDER BY d.standing LIMIT 1
}
WITH collect(d {root: s.hash, .digest, .spec_format, .envelope, .records}) AS documents
CALL (documents) {
  UNWIND documents AS document
  UNWIND document.records AS reference
  WITH DISTINCT reference WHERE size(reference) = 32
  MATCH (n:Spec {hash: reference})
  RETURN collect([n.hash, n.document]) AS specs
}
CALL (documents) {
  UNWIND documents AS document
  UNWIND document.records AS reference
  WITH DISTINCT reference WHERE size(reference) > 32
  MATCH (c:Claim {uid: reference})
  RETURN collect([c.uid, c.document]) AS claims
}
RETURN documents, specs, claims
