// Remember the time of the newest index of a store; what was not in that one is gone.
// parameters: store, as_of
// columns: as_of
MATCH (x:Store {uid: $p.store})
SET x.as_of = CASE WHEN $p.as_of > x.as_of THEN $p.as_of ELSE x.as_of END
RETURN x.as_of AS as_of
