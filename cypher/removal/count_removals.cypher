// Note that something was removed, so that no load trusts what it remembers to be stored.
// parameters: name
// columns: number
// used by: loaders/store/removal/unused.py
MERGE (c:Counter {name: $p.name})
SET c.value = coalesce(c.value, 0) + 1
RETURN c.value AS number
