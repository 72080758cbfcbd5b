// How many roots are unsealed, up to a limit, how many places no longer count, and how many roots there are.
// parameters: limit
// columns: unsealed, gone, roots
// used by: loaders/postings/sealing.py
CALL () {
  MATCH (r:Root)
  WHERE r.unsealed = true
  WITH r LIMIT $p.limit
  RETURN count(*) AS unsealed
}
RETURN unsealed, COUNT { (:GoneRoot) } AS gone, COUNT { (:Root) } AS roots
