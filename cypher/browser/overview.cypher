// How much there is
// Counts what the graph holds.
RETURN
  COUNT { (:Spec) } AS specs,
  COUNT { (:Root) } AS roots,
  COUNT { ()-[:DEPENDS_ON]->() } AS dependencies,
  COUNT { ()-[:SPLICED_FROM]->() } AS splices,
  COUNT { (:Build) } AS builds,
  COUNT { (:Diagnostic) } AS diagnostics,
  COUNT { (:Installation) } AS installations
