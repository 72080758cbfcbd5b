// Every build cache, and how many specs it offers; of one spec, whether it does.
// parameters: hash
// columns: items
// owns up to: NodeByLabelScan
MATCH (m:Mirror)
WHERE $p.hash IS NULL OR EXISTS { (m)-[:OFFERS]->(:Spec {hash: $p.hash}) }
WITH m ORDER BY m.name
RETURN collect(m {
  .name, specs: COUNT { (m)-[:OFFERS]->() },
  offer: head([(m)-[o:OFFERS]->(s:Spec) WHERE s.hash = $p.hash
    | o {.checksum, .size, .layout, .signed}])
}) AS items
