// Which of these specs and documents are stored, and how well each spec is proven; a stub has
// no standing.
// parameters: hashes, digests
// columns: specs, documents
CALL () {
  UNWIND $p.hashes AS hash
  MATCH (s:Spec {hash: hash})
  RETURN collect([s.hash, s.standing]) AS specs
}
CALL (specs) {
  UNWIND $p.digests AS digest
  MATCH (d:Document {digest: digest})
  RETURN collect(d.digest) AS documents
}
RETURN specs, documents
