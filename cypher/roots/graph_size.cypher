// The numbers of specs, roots, splices and builds, from the store's own statistics.
// columns: specs, roots, splices, builds
// used by: service/queries/overview.py
RETURN COUNT { (:Spec) } AS specs, COUNT { (:Root) } AS roots,
  COUNT { ()-[:SPLICED_FROM]->() } AS splices, COUNT { (:Build) } AS builds
