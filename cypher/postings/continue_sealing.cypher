// Remain the sealer of postings for another while; 0 if another has taken over.
// parameters: sealer, milliseconds
// columns: sealers
// used by: loaders/postings/sealing.py
MATCH (i:PostingIndex {name: 'roots'})
SET i.name = 'roots'
WITH i
WHERE i.sealer = $p.sealer
SET i.sealing_until = timestamp() + $p.milliseconds
RETURN count(*) AS sealers
