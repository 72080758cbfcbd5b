// Some of the specs that nothing needs, after one in the order of identities. Those of loads that began
// after some time are left out: a large upload writes a root after all below it, in a later transaction.
// parameters: after, before, limit
// columns: uids
// used by: loaders/store/removal/garbage.py
MATCH (s:Spec)
WHERE s.uid > $p.after AND coalesce(s.load, '') < $p.before AND NOT s:Root
  AND NOT EXISTS { (s)<-[:DEPENDS_ON|BUILT|BLAMES|OF|OFFERS|LOCKS|TESTED]-() }
  AND NOT EXISTS { (s)<-[r:SPLICED_FROM]-() WHERE r.inferred IS NULL }
WITH s ORDER BY s.uid LIMIT $p.limit
RETURN collect(s.uid) AS uids
