// Set a counter to a number, unless it is at that or a later one.
// parameters: name, value
// columns: value
// used by: loaders/doctor/structure.py
MERGE (c:Counter {name: $p.name})
SET c.name = $p.name
WITH c
SET c.value = CASE WHEN coalesce(c.value, 0) < $p.value THEN $p.value ELSE c.value END
RETURN c.value AS value
