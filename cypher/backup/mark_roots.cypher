// Mark the specs that some documents describe as roots, and return their identities.
// parameters: digests
// columns: roots
// used by: loaders/backup/restore.py
UNWIND $p.digests AS digest
MATCH (:Document {digest: digest})-[:DESCRIBES]->(s:Spec)
SET s:Root, s.unsealed = true, s.sealing = null
RETURN collect(DISTINCT s.uid) AS roots
