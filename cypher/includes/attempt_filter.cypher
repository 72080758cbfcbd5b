// Whether an attempt `b` has the time, the failed phase and the site that are asked for. Its status
// is compared by each statement, as an index on status and time can be used for all attempts only.
b.sort_key >= $p.since AND b.sort_key < $p.until
AND ($p.phase IS NULL OR b.failed_phase = $p.phase)
AND ($p.site IS NULL OR EXISTS { (b)-[:AT]->(:Site {name: $p.site}) })
