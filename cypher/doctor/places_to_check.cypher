// Of some specs in the order of their identities: the places of those that are roots, whether they are
// unsealed, and the packages and versions that sealed ones have on their sides.
// parameters: after, limit
// columns: uid, is_root, unsealed, places, built_with, deployed_with
// used by: loaders/doctor/postings.py
MATCH (r:Spec)
WHERE r.uid > $p.after
WITH r ORDER BY r.uid LIMIT $p.limit
WITH r, r:Root AS is_root, coalesce(r.unsealed, false) AS unsealed
RETURN r.uid AS uid, is_root, unsealed, coalesce(r.places, '') AS places,
  CASE WHEN is_root AND NOT unsealed THEN COLLECT {
    MATCH (r)-[:BUILT_WITH]->(x)
    WHERE x.name IS NOT NULL AND x.version_key IS NOT NULL
    RETURN DISTINCT [x.name, x.version_key]
  } END AS built_with,
  CASE WHEN is_root AND NOT unsealed THEN COLLECT {
    MATCH (r)-[:DEPLOYED_WITH]->(x)
    WHERE x.name IS NOT NULL AND x.version_key IS NOT NULL
    RETURN DISTINCT [x.name, x.version_key]
  } END AS deployed_with
ORDER BY uid
