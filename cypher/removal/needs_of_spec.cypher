// The uses of a spec, or of a root that is about to become one, by kind: its number and the first
// ten names. A dependent is a spec that depends on it or was spliced from it.
// parameters: uid
// columns: needs
// used by: loaders/store/removal/needs.py, loaders/store/removal/preview.py
MATCH (s:Spec {uid: $p.uid})
RETURN [
  {
    kind: 'dependent', count: COUNT { (s)<-[:DEPENDS_ON]-() },
    names: COLLECT { MATCH (s)<-[:DEPENDS_ON]-(x) RETURN [x.name, x.version, x.hash] LIMIT 10 }
  },
  {
    kind: 'splice', count: COUNT { (s)<-[r:SPLICED_FROM]-() WHERE r.inferred IS NULL },
    names: COLLECT {
      MATCH (s)<-[r:SPLICED_FROM]-(x) WHERE r.inferred IS NULL
      RETURN [x.name, x.version, x.hash] LIMIT 10
    }
  },
  {
    kind: 'build', count: COUNT { (s)<-[:BUILT]-() },
    names: COLLECT { MATCH (s)<-[:BUILT]-(b) RETURN [b.uid, b.status] LIMIT 10 }
  },
  {
    kind: 'blamed', count: COUNT { (s)<-[:BLAMES]-() },
    names: COLLECT { MATCH (s)<-[:BLAMES]-(b) RETURN [b.uid, b.status] LIMIT 10 }
  },
  {
    kind: 'installation', count: COUNT { (s)<-[:OF]-(:Installation) },
    names: COLLECT {
      MATCH (s)<-[:OF]-(:Installation)-[:IN]->(x:Store) RETURN DISTINCT [x.uid] LIMIT 10
    }
  },
  {
    kind: 'announcement', count: COUNT { (s)<-[:OF]-(:Announcement) },
    names: COLLECT {
      MATCH (s)<-[:OF]-(a:Announcement) RETURN [toString(a.number), a.site] LIMIT 10
    }
  },
  {
    kind: 'mirror', count: COUNT { (s)<-[:OFFERS]-() },
    names: COLLECT { MATCH (s)<-[:OFFERS]-(m) RETURN [m.name] LIMIT 10 }
  },
  {
    kind: 'environment', count: COUNT { (s)<-[:LOCKS]-() },
    names: COLLECT { MATCH (s)<-[:LOCKS]-(l) RETURN DISTINCT [l.name, l.uid] LIMIT 10 }
  },
  {
    kind: 'test', count: COUNT { (s)<-[:TESTED]-() },
    names: COLLECT { MATCH (s)<-[:TESTED]-(r) RETURN [r.uid, r.status] LIMIT 10 }
  }
] AS needs
