// Every site with its stores, and the number of present installations and of attempts at it.
// parameters:
// columns: items
// owns up to: NodeByLabelScan, NodeIndexScan
// used by: service/queries/sites.py
MATCH (t:Site)
WITH t ORDER BY t.name
RETURN collect(t {
  .name,
  builds: COUNT { (t)<-[:AT]-(:Build) },
  installations: COUNT {
    (t)<-[:AT]-(i:Installation)-[:IN]->(x:Store) WHERE i.installed AND i.last_seen >= x.as_of
  },
  stores: COLLECT {
    MATCH (t)<-[:AT]-(x:Store)
    WITH x ORDER BY x.uid
    RETURN x {.name, .upstream, .as_of, installations: COUNT {
      (x)<-[:IN]-(i:Installation) WHERE i.installed AND i.last_seen >= x.as_of
    }}
  }
}) AS items
