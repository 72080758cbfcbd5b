// Record a spec that could not be concretized; return whether it is new.
// parameters: uid, site, now, sort_key, properties
// columns: new
// owns up to: CartesianProduct
// used by: loaders/monitor/specs.py
MERGE (t:Site {name: $p.site})
WITH t
MERGE (f:FailedConcretization {uid: $p.uid})
  ON CREATE SET f += $p.properties, f.first_seen = $p.now
SET f.last_seen = $p.now, f.sort_key = $p.sort_key, f.times = coalesce(f.times, 0) + 1
MERGE (f)-[:AT]->(t)
RETURN f.times = 1 AS new
