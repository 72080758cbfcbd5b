// Remember the time of the newest index of a store; what was not in that one is gone.
// parameters: store, as_of
// columns: as_of
MATCH (x:Store {uid: $store})
SET x.as_of = CASE WHEN $as_of > x.as_of THEN $as_of ELSE x.as_of END
RETURN x.as_of AS as_of
