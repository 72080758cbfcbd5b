// Names of some specs, for a user who has to choose one.
// parameters: uids
// columns: specs
// used by: service/queries/candidates.py
UNWIND $p.uids AS uid
MATCH (s:Spec {uid: uid})
RETURN collect(s {.uid, .hash, .name, .version, .spliced}) AS specs
