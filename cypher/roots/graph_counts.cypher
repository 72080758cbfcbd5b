// The numbers of nodes by label and of all nodes and relationships, from the store's own statistics.
// columns: counts
// used by: service/queries/overview.py
RETURN {
  all: COUNT { () }, relationships: COUNT { ()-->() },
  Spec: COUNT { (:Spec) }, Root: COUNT { (:Root) }, Document: COUNT { (:Document) },
  Claim: COUNT { (:Claim) }, Build: COUNT { (:Build) }, Phase: COUNT { (:Phase) },
  Blob: COUNT { (:Blob) }, Diagnostic: COUNT { (:Diagnostic) }, Site: COUNT { (:Site) },
  Installation: COUNT { (:Installation) }, Artifact: COUNT { (:Artifact) },
  Prefix: COUNT { (:Prefix) }, Library: COUNT { (:Library) }, SymbolSet: COUNT { (:SymbolSet) },
  Soname: COUNT { (:Soname) },
  Lockfile: COUNT { (:Lockfile) }, Mirror: COUNT { (:Mirror) }, TestRun: COUNT { (:TestRun) },
  Report: COUNT { (:Report) }, Token: COUNT { (:Token) }
} AS counts
