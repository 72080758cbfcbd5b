// How much there is, from the store's own statistics.
// columns: specs, roots, splices, builds
RETURN COUNT { (:Spec) } AS specs, COUNT { (:Root) } AS roots,
  COUNT { ()-[:SPLICED_FROM]->() } AS splices, COUNT { (:Build) } AS builds
