// Splices: drawn
// Draws roots that were spliced. SPLICED_FROM goes from what is deployed to what was really built.
// owns up to: NodeByLabelScan, DirectedRelationshipTypeScan
MATCH p =
  (:Root {spliced: true})-[:SPLICED_FROM]->(:Spec)
RETURN p LIMIT 25
