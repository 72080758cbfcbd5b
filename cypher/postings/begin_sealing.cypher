// Become the sealer of postings, unless another is at work or a backup is being restored, and take the
// number of a new segment. The first SET takes the lock under which the rest is read.
// parameters: sealer, milliseconds
// columns: segment
// used by: loaders/postings/sealing.py
MERGE (i:PostingIndex {name: 'roots'})
SET i.name = 'roots'
WITH i
WHERE (i.sealing_until IS NULL OR i.sealing_until < timestamp() OR i.sealer = $p.sealer)
  AND NOT EXISTS { (:Counter {name: 'restore'}) }
SET i.sealer = $p.sealer, i.sealing_until = timestamp() + $p.milliseconds,
  i.last = coalesce(i.last, 0) + 1
RETURN i.last AS segment
