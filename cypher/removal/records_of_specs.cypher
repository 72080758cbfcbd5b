// The labels of some specs and the records that they show.
// parameters: uids
// columns: records
// used by: loaders/store/removal/preview.py, loaders/store/removal/specs.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})
RETURN collect({
  uid: uid, hash: s.hash, name: s.name, version: s.version, document: s.document
}) AS records
