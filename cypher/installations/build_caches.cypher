// Every build cache, or every one that offers a spec, with the number of specs that it offers.
// parameters: hash
// columns: items
// owns up to: NodeByLabelScan
// used by: service/queries/mirrors.py
MATCH (m:Mirror)
WHERE $p.hash IS NULL OR EXISTS { (m)-[:OFFERS]->(:Spec {hash: $p.hash}) }
WITH m ORDER BY m.name
RETURN collect(m {
  .name, specs: COUNT { (m)-[:OFFERS]->() },
  offer: head([(m)-[o:OFFERS]->(s:Spec) WHERE s.hash = $p.hash
    | o {.checksum, .size, .layout, .signed}])
}) AS items
