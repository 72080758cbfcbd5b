// Which segments of postings count, whether they hold all roots but those that are unsealed, and how
// often places of roots that are still there were said to no longer count.
// columns: segments, ready, moves
// used by: loaders/doctor/postings.py, loaders/postings/sealing.py, service/queries/postings.py
MATCH (i:PostingIndex {name: 'roots'})
RETURN coalesce(i.segments, '') AS segments, coalesce(i.ready, false) AS ready, coalesce(i.moves, 0) AS moves
