// How many attempts of some statuses there are since and until a time, counted no further than
// `most`.
// parameters: statuses, phase, site, since, until, most
// columns: total
UNWIND $statuses AS status
MATCH (b:Build)
WHERE b.status = status AND b.sort_key >= $since AND b.sort_key < $until
  AND ($phase IS NULL OR b.failed_phase = $phase)
  AND ($site IS NULL OR EXISTS { (b)-[:AT]->(:Site {name: $site}) })
WITH b LIMIT $most
RETURN count(*) AS total
