// Every site: its stores, how much is installed there, and how many attempts were made there.
// parameters:
// columns: items
// owns up to: NodeByLabelScan, NodeIndexScan
MATCH (t:Site)
WITH t ORDER BY t.name
RETURN collect(t {
  .name,
  builds: COUNT { (t)<-[:AT]-(:Build) },
  installations: COUNT { (t)<-[:AT]-(:Installation) },
  stores: COLLECT {
    MATCH (t)<-[:AT]-(x:Store)
    WITH x ORDER BY x.uid
    RETURN x {.name, .upstream, .as_of, installations: COUNT { (x)<-[:IN]-() }}
  }
}) AS items
