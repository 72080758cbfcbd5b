// Which of these contents have the only record that a document refers to by its hash alone. A damaged copy
// that was joined with its original leaves such contents behind: nothing leads to them, but the document
// has to be returned as it was. The documents of a root that is about to go do not count.
// parameters: uids, leaving
// columns: uids
// owns up to: NodeByLabelScan
// used by: loaders/store/removal/preview.py, loaders/store/removal/specs.py
WITH [uid IN $p.uids | left(uid, 32)] AS hashes
MATCH (:Claim)<-[:HOLDS]-(d:Document)
WITH DISTINCT d, hashes
WHERE NOT EXISTS { MATCH (d)-[:DESCRIBES]->(s:Spec) WHERE s.uid = $p.leaving }
UNWIND d.records AS reference
WITH reference, hashes WHERE reference IN hashes
WITH collect(DISTINCT reference) AS referred
UNWIND [uid IN $p.uids WHERE left(uid, 32) IN referred] AS uid
MATCH (s:Spec {uid: uid})
WHERE s.standing IS NOT NULL AND NOT EXISTS {
  MATCH (other:Spec {hash: s.hash})
  WHERE other <> s AND right(other.standing, 64) = right(s.standing, 64)
}
RETURN collect(uid) AS uids
