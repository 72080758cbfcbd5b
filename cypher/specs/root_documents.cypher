// The best verified document of each of some roots, and the nodes that any of these name. What
// `records` refers to a node by is its `reference`: its hash, or the uid of a claim.
// parameters: uids
// columns: documents, nodes
// used by: service/queries/stored_dags.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})
CALL (s) {
  MATCH (s)<-[:DESCRIBES]-(d:Document)
  RETURN d ORDER BY d.standing LIMIT 1
}
WITH collect(d {root: s.uid, .digest, .spec_format, .envelope, .records}) AS documents
CALL (documents) {
  UNWIND documents AS document
  UNWIND document.records AS reference
  WITH DISTINCT reference WHERE size(reference) = 32
  OPTIONAL MATCH (n:Spec {uid: reference})
  WITH reference, n.document AS document
  RETURN collect(CASE WHEN document IS NOT NULL THEN
      {reference: reference, document: document} END) AS plain,
    collect(CASE WHEN document IS NULL THEN reference END) AS others
}
// These prove their hash, but something below them does not.
CALL (others) {
  UNWIND others AS reference
  MATCH (n:Spec {hash: reference})
  USING INDEX SEEK n:Spec(hash)
  WHERE n.standing STARTS WITH '0:'
  RETURN collect({reference: reference, document: n.document}) AS specs
}
CALL (documents) {
  UNWIND documents AS document
  UNWIND document.records AS reference
  WITH DISTINCT reference WHERE size(reference) > 32
  MATCH (c:Claim {uid: reference})
  RETURN collect({reference: c.uid, document: c.document}) AS claims
}
RETURN documents, plain + specs + claims AS nodes
