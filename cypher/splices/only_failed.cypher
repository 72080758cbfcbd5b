// Those of some specs that were attempted but never built, and that are neither installed nor offered
// by a build cache.
// parameters: uids
// columns: uids
// used by: service/queries/replacements.py
UNWIND $p.uids AS given
MATCH (s:Spec {uid: given})
WHERE EXISTS { (s)<-[:BUILT]-(:Build) }
  AND NOT EXISTS { (s)<-[:BUILT]-(b:Build) WHERE b.status = 'succeeded' }
  AND NOT EXISTS { (s)<-[:OF]-(:Installation) }
  AND NOT EXISTS { (s)<-[:OFFERS]-(:Mirror) }
RETURN collect(s.uid) AS uids
