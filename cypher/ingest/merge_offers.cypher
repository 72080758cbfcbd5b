// Record which specs a build cache offers, and their archives; return how many are new.
// parameters: mirror, offers, load
// columns: created
// used by: loaders/store/installations.py
MERGE (m:Mirror {name: $p.mirror})
WITH m
UNWIND $p.offers AS row
CALL (m, row) {
  MATCH (s:Spec {hash: row.hash})
  USING INDEX SEEK s:Spec(hash)
  RETURN s
  ORDER BY EXISTS { (m)-[:OFFERS]->(s) } DESC,
    // include: content_order
  LIMIT 1
}
MERGE (m)-[o:OFFERS]->(s)
  ON CREATE SET o.load = $p.load
SET o += row.properties
WITH DISTINCT o
RETURN sum(CASE WHEN o.load = $p.load THEN 1 ELSE 0 END) AS created
