// Set the time of a store to that of its newest index. If that index does not list an
// installation, it is gone.
// parameters: store, as_of
// columns: as_of
// used by: loaders/store/installations.py
MATCH (x:Store {uid: $p.store})
SET x.as_of = CASE WHEN $p.as_of > x.as_of THEN $p.as_of ELSE x.as_of END
RETURN x.as_of AS as_of
