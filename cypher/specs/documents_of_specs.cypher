// The records of some specs, without what they depend on.
// parameters: uids
// columns: specs
// used by: service/queries/nearest.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})
WHERE s.document IS NOT NULL
RETURN collect(s {.uid, .document, .spec_format}) AS specs
