// The number of attempts of each status: of some specs, or of all, when each is counted no further
// than `most`.
// parameters: hashes, statuses, phase, site, since, until, most
// columns: counts
// used by: service/queries/attempts.py
CALL () {
  UNWIND CASE WHEN $p.hashes IS NULL THEN $p.statuses ELSE [] END AS status
  CALL (status) {
    MATCH (b:Build)
    WHERE b.status = status AND
      // include: attempt_filter
    WITH b LIMIT $p.most
    RETURN count(*) AS count
  }
  RETURN status, count
  UNION ALL
  UNWIND $p.hashes AS hash
  MATCH (b:Build {hash: hash})
  WHERE b.status IN $p.statuses AND
    // include: attempt_filter
  RETURN b.status AS status, count(DISTINCT b) AS count
}
WITH status, count
WHERE count > 0
RETURN collect({status: status, count: count}) AS counts
