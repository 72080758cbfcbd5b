// Of some specs in the order of their identities, the roots that have a place in one of some segments,
// with the properties by which answers are ordered, and the last identity of all.
// parameters: after, limit, segments
// columns: roots, last
// used by: loaders/postings/sealing.py
MATCH (s:Spec)
WHERE s.uid > $p.after
WITH s ORDER BY s.uid LIMIT $p.limit
WITH s, s:Root AND any(place IN split(coalesce(s.places, ''), ' ')
  WHERE toInteger(split(place, ':')[0]) IN $p.segments) AS sealed
RETURN [row IN collect(CASE WHEN sealed THEN {uid: s.uid, name: s.name, version_key: s.version_key} END)
  WHERE row IS NOT NULL] AS roots, max(s.uid) AS last
