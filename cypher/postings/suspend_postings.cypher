// Let no postings count. A sealer at work loses its lease.
// columns: indexes
// used by: loaders/postings/sealing.py
MERGE (i:PostingIndex {name: 'roots'})
SET i.segments = '', i.ready = false, i.sealer = null, i.sealing_until = 0
RETURN count(*) AS indexes
