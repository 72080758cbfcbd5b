// All postings of some segments.
// parameters: segments
// columns: segment, side, name, version_key, roots
// used by: loaders/doctor/postings.py
UNWIND $p.segments AS segment
MATCH (p:Posting {segment: segment})
RETURN p.segment AS segment, p.side AS side, p.name AS name, p.version_key AS version_key, p.roots AS roots
