// Return the next number of a counter. The first SET takes the lock under which the counter is
// read.
// parameters: name
// columns: number
// used by: loaders/monitor/announcements.py
MERGE (c:Counter {name: $p.name})
SET c.name = $p.name
WITH c
SET c.value = coalesce(c.value, 0) + 1
RETURN c.value AS number
