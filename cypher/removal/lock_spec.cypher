// Lock a spec, so that nothing refers to it from now on that the transaction does not see.
// parameters: uid
// columns: uid
// used by: loaders/store/removal/specs.py
MATCH (s:Spec {uid: $p.uid})
SET s.hash = s.hash
RETURN s.uid AS uid
