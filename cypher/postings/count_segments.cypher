// Let other segments of postings count.
// parameters: segments, ready
// columns: indexes
// used by: loaders/postings/sealing.py
MATCH (i:PostingIndex {name: 'roots'})
SET i.segments = $p.segments, i.ready = $p.ready
RETURN count(*) AS indexes
