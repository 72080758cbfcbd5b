// Return which of these documents are stored as they would be sent: the digests of their JSON.
// parameters: documents
// columns: digests
// used by: loaders/store/specs.py
UNWIND $p.documents AS row
MATCH (s:Spec {hash: row.hash})<-[:DESCRIBES]-(d:Document)
USING INDEX SEEK s:Spec(hash)
WHERE row.digest IN d.received
RETURN collect(DISTINCT row.digest) AS digests
