// Of some specs in the order of their identities, let the roots that are in none of the segments that
// count be unsealed. Return the last identity, null if there are no more specs.
// parameters: after, limit, segments
// columns: last
// used by: loaders/postings/sealing.py
MATCH (s:Spec)
WHERE s.uid > $p.after
WITH s ORDER BY s.uid LIMIT $p.limit
FOREACH (r IN CASE WHEN s:Root AND s.unsealed IS NULL AND NOT any(place IN split(coalesce(s.places, ''), ' ')
    WHERE toInteger(split(place, ':')[0]) IN $p.segments) THEN [s] ELSE [] END |
  SET r.unsealed = true, r.sealing = null)
RETURN max(s.uid) AS last
