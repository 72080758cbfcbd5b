// Some of the documents that must be stored again, with the texts of their records.
// parameters: limit
// columns: digest, spec_format, envelope, records, origin, load, nodes
// owns up to: NodeByLabelScan, NodeIndexScan, DirectedRelationshipTypeScan
// used by: loaders/store/migrations.py
MATCH (d:Outdated)
WITH d LIMIT $p.limit
CALL (d) {
  UNWIND d.records AS reference
  WITH reference WHERE size(reference) = 32
  MATCH (n:Spec {uid: reference})
  RETURN collect({reference: reference, document: n.document}) AS specs
}
CALL (d) {
  UNWIND d.records AS reference
  WITH reference WHERE size(reference) > 32
  MATCH (c:Claim {uid: reference})
  RETURN collect({reference: reference, document: c.document}) AS claims
}
RETURN d.digest AS digest, d.spec_format AS spec_format, d.envelope AS envelope,
  d.records AS records, d.origin AS origin, d.load AS load, specs + claims AS nodes
