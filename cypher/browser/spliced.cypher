// Splices: drawn
// Draws roots that were spliced. SPLICED_FROM leads from a deployed spec to the one that was built.
// owns up to: NodeByLabelScan, DirectedRelationshipTypeScan
MATCH p =
  (:Root {spliced: true})-[:SPLICED_FROM]->(:Spec)
RETURN p LIMIT 25
