// Draws the sites with their stores, and up to 20 installations in each.
MATCH (t:Site)
RETURN t, [p = (t)<-[:AT]-(:Store) | p] AS stores,
  [p = (t)<-[:AT]-(:Store)<-[:IN]-(:Installation)-[:OF]->(:Spec) | p][..20] AS installed
