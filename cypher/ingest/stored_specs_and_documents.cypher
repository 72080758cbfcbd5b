// Return which of these specs and documents are stored, the standing of each spec (a stub has
// none), and the digests of each document as received.
// parameters: hashes, digests
// columns: specs, documents
// used by: loaders/store/specs.py
CALL () {
  UNWIND $p.hashes AS hash
  MATCH (s:Spec {hash: hash})
  RETURN collect(s {.hash, .standing}) AS specs
}
CALL (specs) {
  UNWIND $p.digests AS digest
  MATCH (d:Document {digest: digest})
  RETURN collect(d {.digest, .received}) AS documents
}
RETURN specs, documents
