// The packages that were seen to provide a language; of each language `looked_at` specs at most.
// parameters: languages, prefix, looked_at, limit
// columns: packages
// used by: service/queries/completion.py
UNWIND $p.languages AS language
CALL (language) {
  MATCH (:Virtual {name: language})<-[:PROVIDES]-(s:Spec)
  RETURN s LIMIT $p.looked_at
}
WITH DISTINCT s
WITH s.name AS name, count(*) AS count
WHERE name STARTS WITH $p.prefix
WITH name, count ORDER BY count DESC, name LIMIT $p.limit
RETURN collect({text: name, count: count}) AS packages
