// Some roots that are unsealed, with the properties by which answers are ordered.
// parameters: limit
// columns: roots
// used by: loaders/postings/sealing.py
MATCH (r:Root)
WHERE r.unsealed = true
WITH r LIMIT $p.limit
RETURN collect({uid: r.uid, name: r.name, version_key: r.version_key}) AS roots
