// Those of some specs that were attempted but never built, and that are neither installed nor offered
// by a build cache.
// parameters: uids
// columns: uids
// used by: service/queries/replacements.py
UNWIND $p.uids AS given
MATCH (s:Spec {uid: given})
WHERE
  // include: never_built
RETURN collect(s.uid) AS uids
