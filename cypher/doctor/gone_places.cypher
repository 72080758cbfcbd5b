// The numbers that no longer count in some segments.
// parameters: segments
// columns: gone
// used by: loaders/doctor/postings.py
UNWIND $p.segments AS segment
MATCH (g:GoneRoot {segment: segment})
RETURN collect([g.segment, g.number]) AS gone
