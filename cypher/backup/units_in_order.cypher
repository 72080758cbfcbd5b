// Some units of a kind, in the order of their keys, each read while it is locked: a transaction that
// changes it is seen as a whole or not at all.
// parameters: kind, after, limit
// columns: units
// used by: loaders/backup/graph.py
CALL () {
  MATCH (n:Document)
  WHERE $p.kind = 'Document' AND n.digest > $p.after
  WITH n ORDER BY n.digest LIMIT $p.limit
  SET n.digest = n.digest
  RETURN n, n.digest AS key
  UNION ALL
  MATCH (n:Store)
  WHERE $p.kind = 'Store' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Lockfile)
  WHERE $p.kind = 'Lockfile' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:TestRun)
  WHERE $p.kind = 'TestRun' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Report)
  WHERE $p.kind = 'Report' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Announcement)
  WHERE $p.kind = 'Announcement' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:FailedConcretization)
  WHERE $p.kind = 'FailedConcretization' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Build)
  WHERE $p.kind = 'Build' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Installation)
  WHERE $p.kind = 'Installation' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Compiler)
  WHERE $p.kind = 'Compiler' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:CanSplice)
  WHERE $p.kind = 'CanSplice' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Artifact)
  WHERE $p.kind = 'Artifact' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Prefix)
  WHERE $p.kind = 'Prefix' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Spec)
  WHERE $p.kind = 'Spec' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Library)
  WHERE $p.kind = 'Library' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:SymbolSet)
  WHERE $p.kind = 'SymbolSet' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Soname)
  WHERE $p.kind = 'Soname' AND n.name > $p.after
  WITH n ORDER BY n.name LIMIT $p.limit
  SET n.name = n.name
  RETURN n, n.name AS key
  UNION ALL
  MATCH (n:Recipe)
  WHERE $p.kind = 'Recipe' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Claim)
  WHERE $p.kind = 'Claim' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Virtual)
  WHERE $p.kind = 'Virtual' AND n.name > $p.after
  WITH n ORDER BY n.name LIMIT $p.limit
  SET n.name = n.name
  RETURN n, n.name AS key
  UNION ALL
  MATCH (n:Diagnostic)
  WHERE $p.kind = 'Diagnostic' AND n.fingerprint > $p.after
  WITH n ORDER BY n.fingerprint LIMIT $p.limit
  SET n.fingerprint = n.fingerprint
  RETURN n, n.fingerprint AS key
  UNION ALL
  MATCH (n:Blob)
  WHERE $p.kind = 'Blob' AND n.digest > $p.after
  WITH n ORDER BY n.digest LIMIT $p.limit
  SET n.digest = n.digest
  RETURN n, n.digest AS key
  UNION ALL
  MATCH (n:Environment)
  WHERE $p.kind = 'Environment' AND n.fingerprint > $p.after
  WITH n ORDER BY n.fingerprint LIMIT $p.limit
  SET n.fingerprint = n.fingerprint
  RETURN n, n.fingerprint AS key
  UNION ALL
  MATCH (n:Variable)
  WHERE $p.kind = 'Variable' AND n.digest > $p.after
  WITH n ORDER BY n.digest LIMIT $p.limit
  SET n.digest = n.digest
  RETURN n, n.digest AS key
  UNION ALL
  MATCH (n:Archive)
  WHERE $p.kind = 'Archive' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
  UNION ALL
  MATCH (n:Site)
  WHERE $p.kind = 'Site' AND n.name > $p.after
  WITH n ORDER BY n.name LIMIT $p.limit
  SET n.name = n.name
  RETURN n, n.name AS key
  UNION ALL
  MATCH (n:Mirror)
  WHERE $p.kind = 'Mirror' AND n.name > $p.after
  WITH n ORDER BY n.name LIMIT $p.limit
  SET n.name = n.name
  RETURN n, n.name AS key
  UNION ALL
  MATCH (n:Token)
  WHERE $p.kind = 'Token' AND n.public_id > $p.after
  WITH n ORDER BY n.public_id LIMIT $p.limit
  SET n.public_id = n.public_id
  RETURN n, n.public_id AS key
  UNION ALL
  MATCH (n:Counter)
  WHERE $p.kind = 'Counter' AND n.name > $p.after
  WITH n ORDER BY n.name LIMIT $p.limit
  SET n.name = n.name
  RETURN n, n.name AS key
  UNION ALL
  MATCH (n:AuditEntry)
  WHERE $p.kind = 'AuditEntry' AND n.uid > $p.after
  WITH n ORDER BY n.uid LIMIT $p.limit
  SET n.uid = n.uid
  RETURN n, n.uid AS key
}
// include: units_of_nodes
