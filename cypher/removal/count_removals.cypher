// Note that something was removed, so that no load trusts its memory of stored nodes.
// parameters: name
// columns: number
// used by: loaders/store/removal/unused.py
MERGE (c:Counter {name: $p.name})
SET c.value = coalesce(c.value, 0) + 1
RETURN c.value AS number
