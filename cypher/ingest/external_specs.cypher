// The external specs whose record may name a path, with their records.
// parameters: path
// columns: uid, hash, name, version, document
// owns up to: NodeByLabelScan
// used by: loaders/store/externals.py
MATCH (s:Spec)
WHERE s.external AND s.document CONTAINS $p.path
RETURN s.uid AS uid, s.hash AS hash, s.name AS name, s.version AS version, s.document AS document
ORDER BY name, s.version_key, uid
