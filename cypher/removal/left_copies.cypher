// The contents that nothing leads to from a root, perhaps, although its documents hold records of their
// hashes: copies were joined with their originals.
// parameters: uid
// columns: uids
// used by: loaders/store/removal/preview.py
MATCH (:Spec {uid: $p.uid})<-[:DESCRIBES]-(d:Document)
WHERE EXISTS { (d)-[:HOLDS]->(:Claim) }
UNWIND d.records AS reference
WITH DISTINCT left(reference, 32) AS hash
MATCH (s:Spec {hash: hash})
USING INDEX SEEK s:Spec(hash)
WHERE s.uid <> s.hash
RETURN collect(s.uid) AS uids
