// How many attempts of some statuses there are since and until a time, counted no further than
// `most`.
// parameters: statuses, phase, site, since, until, most
// columns: total
UNWIND $p.statuses AS status
MATCH (b:Build)
WHERE b.status = status AND b.sort_key >= $p.since AND b.sort_key < $p.until
  AND ($p.phase IS NULL OR b.failed_phase = $p.phase)
  AND ($p.site IS NULL OR EXISTS { (b)-[:AT]->(:Site {name: $p.site}) })
WITH b LIMIT $p.most
RETURN count(*) AS total
