// Set the time of a store to that of its newest index. If that index does not list an
// installation, it is gone; return how many are gone by this.
// parameters: store, as_of
// columns: retired
// used by: loaders/store/installations.py
MATCH (x:Store {uid: $p.store})
WITH x, x.as_of AS before
SET x.as_of = CASE WHEN $p.as_of > before THEN $p.as_of ELSE before END
RETURN CASE WHEN $p.as_of > before THEN COUNT {
  MATCH (x)<-[:IN]-(i:Installation)
  WHERE i.installed AND i.last_seen >= before AND i.last_seen < $p.as_of
} ELSE 0 END AS retired
