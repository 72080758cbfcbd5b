// The identities of the specs that prove one of these hashes.
// parameters: hashes
// columns: uids
// used by: loaders/backup/graph.py
UNWIND $p.hashes AS hash
MATCH (s:Spec {hash: hash})
USING INDEX SEEK s:Spec(hash)
WHERE s.standing STARTS WITH '0:'
RETURN collect(s.uid) AS uids
