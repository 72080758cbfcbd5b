// Delete some of the postings, and of the places that no longer count, that are not in some segments.
// parameters: segments, limit
// columns: dropped
// owns up to: NodeByLabelScan, NodeIndexScan
// used by: loaders/postings/sealing.py
CALL () {
  MATCH (p:Posting)
  WHERE NOT p.segment IN $p.segments
  WITH p LIMIT $p.limit
  DELETE p
  RETURN count(*) AS postings
}
CALL () {
  MATCH (g:GoneRoot)
  WHERE NOT g.segment IN $p.segments
  WITH g LIMIT $p.limit
  DELETE g
  RETURN count(*) AS gone
}
RETURN postings + gone AS dropped
