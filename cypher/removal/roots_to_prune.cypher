// Some of the roots all of whose documents were loaded before some time, after one in the order of
// identities: those that nothing needs.
// parameters: after, load_before, limit
// columns: uids
// used by: loaders/store/removal/retention.py
MATCH (s:Spec)
WHERE s.uid > $p.after AND s:Root
  AND NOT EXISTS { (s)<-[:DEPENDS_ON|BUILT|BLAMES|OF|OFFERS|LOCKS|TESTED]-() }
  AND NOT EXISTS { (s)<-[r:SPLICED_FROM]-() WHERE r.inferred IS NULL }
  AND NOT EXISTS { MATCH (s)<-[:DESCRIBES]-(d:Document) WHERE coalesce(d.load, '') >= $p.load_before }
WITH s ORDER BY s.uid LIMIT $p.limit
RETURN collect(s.uid) AS uids
