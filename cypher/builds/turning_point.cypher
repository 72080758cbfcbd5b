// The uids of the last success among the attempts at some specs that a failure followed, and of
// that failure. Without such a turn: of the last success alone, else of the first failure alone.
// Only the attempts that succeeded or failed are looked at, in the order of time.
// parameters: hashes, site
// columns: success, failure
// used by: service/queries/regression.py
UNWIND $p.hashes AS hash
MATCH (b:Build {hash: hash})
WHERE b.status IN ['succeeded', 'failed']
  AND ($p.site IS NULL OR EXISTS { (b)-[:AT]->(:Site {name: $p.site}) })
WITH DISTINCT b ORDER BY b.sort_key
WITH collect(b) AS ended
WITH ended, last([i IN range(1, size(ended) - 1)
  WHERE ended[i].status = 'failed' AND ended[i - 1].status = 'succeeded']) AS turn,
  last([b IN ended WHERE b.status = 'succeeded']) AS success
RETURN (CASE WHEN turn IS NULL THEN success ELSE ended[turn - 1] END).uid AS success,
  (CASE WHEN turn IS NOT NULL THEN ended[turn] WHEN success IS NULL THEN ended[0] END).uid
    AS failure
