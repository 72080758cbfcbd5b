// Let places, each a segment and a number, no longer count.
// parameters: places
// columns: created
// used by: loaders/postings/sealing.py
UNWIND $p.places AS place
CREATE (:GoneRoot {segment: place[0], number: place[1]})
RETURN count(*) AS created
