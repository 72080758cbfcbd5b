// Note that places will no longer count although their roots are still there: they have others.
// columns: moves
// used by: loaders/postings/sealing.py
MATCH (i:PostingIndex {name: 'roots'})
SET i.moves = coalesce(i.moves, 0) + 1
RETURN i.moves AS moves
