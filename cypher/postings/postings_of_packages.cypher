// The postings of some packages, each with a side and an interval of versions, in some segments, and the
// numbers that no longer count there.
// parameters: segments, packages
// columns: postings, gone
// used by: service/queries/postings.py
RETURN COLLECT {
  UNWIND range(0, size($p.packages) - 1) AS place
  WITH place, $p.packages[place] AS l
  MATCH (p:Posting)
  WHERE p.name = l.name AND p.version_key >= l.low AND p.version_key < l.high
    AND p.side = l.kind AND p.segment IN $p.segments
  RETURN [place, p.segment, p.roots]
} AS postings, COLLECT {
  UNWIND $p.segments AS segment
  MATCH (g:GoneRoot {segment: segment})
  RETURN [g.segment, g.number]
} AS gone
