// A counter, if its value is less than a number in use, which would be given out again.
// parameters: name
// columns: used, value
// used by: loaders/doctor/structure.py
CALL () {
  MATCH (a:Announcement)
  WHERE a.number > 0
  RETURN max(a.number) AS used
}
OPTIONAL MATCH (c:Counter {name: $p.name})
WITH used, coalesce(c.value, 0) AS value
WHERE used > value
RETURN used, value
