// Attempts that are older than some time, oldest first, after one: of a site, with one of some statuses, or
// with a tag of a monitor's client. An attempt that succeeded stays as long as its spec is installed, and one
// that runs stays. Of an attempt without a time, that of its load counts.
// parameters: after, before, load_before, site, statuses, tag, limit
// columns: attempts
// used by: loaders/store/removal/retention.py
MATCH (b:Build)
WHERE b.sort_key > $p.after AND b.sort_key < $p.before
  AND (b.started IS NOT NULL OR coalesce(b.load, '') < $p.load_before)
  AND b.status <> 'running'
  AND ($p.statuses IS NULL OR b.status IN $p.statuses)
  AND ($p.site IS NULL OR EXISTS { MATCH (b)-[:AT]->(t:Site) WHERE t.name = $p.site })
  AND ($p.tag IS NULL OR EXISTS {
    MATCH (b)<-[:LED_TO]-(a:Announcement) WHERE $p.tag IN a.tags
  })
  AND (b.status <> 'succeeded' OR NOT EXISTS {
    MATCH (b)-[:BUILT]->(:Spec)<-[:OF]-(i:Installation)-[:IN]->(x:Store)
    WHERE i.installed AND i.last_seen >= x.as_of
  })
WITH b ORDER BY b.sort_key LIMIT $p.limit
RETURN collect({uid: b.uid, sort_key: b.sort_key, logs: EXISTS { (b)-[:RAN]->()-[:HAS_TEXT]->() }
  OR EXISTS { (b)-[:KEPT]->() }}) AS attempts
