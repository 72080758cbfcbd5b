// The packages with most roots, the most frequent first, with their newest versions: of a fair
// sample, the specs with the lowest hashes. Also how many roots the sample has.
// parameters: looked_at, limit
// columns: packages, roots
// used by: service/queries/overview.py
MATCH (s:Spec)
WHERE s.hash > ''
WITH s ORDER BY s.hash LIMIT $p.looked_at
WHERE s:Root
WITH s ORDER BY s.version_key DESC
WITH s.name AS name, count(*) AS count, head(collect(s.version)) AS newest
WITH name, count, newest ORDER BY count DESC, name
WITH collect({name: name, count: count, newest: newest}) AS packages, sum(count) AS roots
RETURN packages[..$p.limit] AS packages, roots
