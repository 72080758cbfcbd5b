// How many attempts of each status started in each span of time, from one sort key to the next.
// parameters: starts, statuses, site
// columns: counts
// used by: service/queries/activity.py
UNWIND range(0, size($p.starts) - 2) AS week
UNWIND $p.statuses AS status
CALL (week, status) {
  MATCH (b:Build)
  WHERE b.status = status AND b.sort_key >= $p.starts[week] AND b.sort_key < $p.starts[week + 1]
    AND ($p.site IS NULL OR EXISTS { (b)-[:AT]->(:Site {name: $p.site}) })
  RETURN count(*) AS count
}
WITH week, status, count WHERE count > 0
RETURN collect({week: week, status: status, count: count}) AS counts
