// Take the logs and the documents that were kept off attempts, also what a monitor's client reported of
// them; return the texts. The lines of errors and warnings stay.
// parameters: uids
// columns: texts
// used by: loaders/store/removal/retention.py
UNWIND $p.uids AS uid
MATCH (b:Build {uid: uid})
SET b.uid = b.uid
WITH b
CALL (b) {
  MATCH (b)-[:RAN]->(:Phase)-[old:HAS_TEXT]->(x)
  DELETE old
  RETURN x.digest AS digest
  UNION ALL
  MATCH (b)-[old:KEPT]->(x)
  DELETE old
  RETURN x.digest AS digest
  UNION ALL
  MATCH (b)<-[:LED_TO]-(:Announcement)-[:TOLD]->(:PhaseReport)-[old:HAS_TEXT]->(x)
  DELETE old
  RETURN x.digest AS digest
}
RETURN collect(DISTINCT digest) AS texts
