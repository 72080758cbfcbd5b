// Return whether the document with this digest is evidence for an attempt already.
// parameters: uid, digest
// columns: has_evidence
// used by: loaders/store/attempts.py
OPTIONAL MATCH (b:Build {uid: $p.uid})
RETURN coalesce($p.digest IN b.evidence, false) AS has_evidence
