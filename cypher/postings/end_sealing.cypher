// Let others seal.
// parameters: sealer
// columns: sealers
// used by: loaders/postings/sealing.py
MATCH (i:PostingIndex {name: 'roots'})
SET i.name = 'roots'
WITH i
WHERE i.sealer = $p.sealer
SET i.sealing_until = 0
RETURN count(*) AS sealers
