// Return which of these contents and documents are stored, the standing of each content (a stub has
// none), and the digests of each document as received. A document without a standing must be written
// again. Also the number of transactions that deleted anything so far.
// parameters: uids, digests, removals
// columns: specs, documents, removals
// used by: loaders/store/specs.py
CALL () {
  UNWIND $p.uids AS uid
  MATCH (s:Spec {uid: uid})
  RETURN collect(s {.uid, .standing}) AS specs
}
CALL (specs) {
  UNWIND $p.digests AS digest
  MATCH (d:Document {digest: digest})
  WHERE d.standing IS NOT NULL
  RETURN collect(d {.digest, .received}) AS documents
}
OPTIONAL MATCH (c:Counter {name: $p.removals})
RETURN specs, documents, coalesce(c.value, 0) AS removals
