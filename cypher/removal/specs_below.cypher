// Specs and everything below them, as nodes with their uses and their edges. An inferred
// build spec does not need its splice's record, and is not needed by it.
// parameters: uids
// columns: specs
// used by: loaders/store/removal/preview.py
UNWIND $p.uids AS uid
MATCH (top:Spec {uid: uid})
MATCH (top)-[:DEPENDS_ON|SPLICED_FROM*0..]->(s:Spec)
WITH DISTINCT s
RETURN collect({
  uid: s.uid, hash: s.hash, name: s.name, version: s.version, root: s:Root,
  documents: COUNT { (s)<-[:DESCRIBES]-() },
  files: COUNT { (s)-[:INSTALLED_FILE]->() },
  prefixes: COUNT { (s)-[:INSTALLED_IN]->() },
  needed: COUNT { (s)<-[:DEPENDS_ON]-() }
    + COUNT { (s)<-[r:SPLICED_FROM]-() WHERE r.inferred IS NULL },
  events: COLLECT {
    MATCH (s)<-[r:BUILT|BLAMES|OF|OFFERS|LOCKS|TESTED]-(x)
    RETURN DISTINCT labels(x)[0]
  },
  below: [(s)-[r:DEPENDS_ON|SPLICED_FROM]->(x) WHERE r.inferred IS NULL | x.uid]
}) AS specs
