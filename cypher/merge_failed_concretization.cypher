// Keep a spec that could not be concretized.
// parameters: uid, site, now, properties
// columns: new
// owns up to: CartesianProduct
MERGE (t:Site {name: $site})
WITH t
MERGE (f:FailedConcretization {uid: $uid})
  ON CREATE SET f += $properties, f.first_seen = $now
SET f.last_seen = $now, f.times = coalesce(f.times, 0) + 1
MERGE (f)-[:AT]->(t)
RETURN f.times = 1 AS new
