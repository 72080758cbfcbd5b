// The next number of a counter; the SET after the MERGE takes the lock under which it is read.
// parameters: name
// columns: number
MERGE (c:Counter {name: $p.name})
SET c.name = $p.name
WITH c
SET c.value = coalesce(c.value, 0) + 1
RETURN c.value AS number
