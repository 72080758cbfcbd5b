// The roots of the documents that were loaded since a time, those loaded last first, and how many
// there are; at most `most` documents are looked at. `spliced` asks for spliced roots only.
// parameters: since, spliced, limit, most
// columns: total, items
// used by: service/queries/activity.py
MATCH (d:Document)
WHERE d.load >= $p.since
WITH d ORDER BY d.load DESC LIMIT $p.most
MATCH (d)-[:DESCRIBES]->(s:Spec)
WHERE NOT $p.spliced OR EXISTS { (s)-[:SPLICED_FROM]->() }
WITH s, max(d.load) AS load ORDER BY load DESC, s.name, s.uid
WITH collect({spec: s, load: load}) AS found
CALL (found) {
  UNWIND found[..$p.limit] AS each
  WITH each.spec AS s, each.load AS load
  RETURN collect(s {
    .uid, .hash, .name, .version, .version_key, load: load,
    build_spec: head([(s)-[:SPLICED_FROM]->(b:Spec) | b {
      .uid, .hash, .name, .version, .version_key
    }])
  }) AS items
}
RETURN size(found) AS total, items
