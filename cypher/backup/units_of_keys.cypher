// The units of a kind that have one of these keys, each read while it is locked.
// parameters: kind, keys
// columns: units
// used by: loaders/backup/graph.py
UNWIND $p.keys AS wanted
CALL (wanted) {
  MATCH (n:Document {digest: CASE $p.kind WHEN 'Document' THEN wanted END})
  SET n.digest = n.digest
  RETURN n
  UNION ALL
  MATCH (n:Store {uid: CASE $p.kind WHEN 'Store' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Lockfile {uid: CASE $p.kind WHEN 'Lockfile' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:TestRun {uid: CASE $p.kind WHEN 'TestRun' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Report {uid: CASE $p.kind WHEN 'Report' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Announcement {uid: CASE $p.kind WHEN 'Announcement' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:FailedConcretization {uid: CASE $p.kind WHEN 'FailedConcretization' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Build {uid: CASE $p.kind WHEN 'Build' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Installation {uid: CASE $p.kind WHEN 'Installation' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Compiler {uid: CASE $p.kind WHEN 'Compiler' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:CanSplice {uid: CASE $p.kind WHEN 'CanSplice' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Artifact {uid: CASE $p.kind WHEN 'Artifact' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Prefix {uid: CASE $p.kind WHEN 'Prefix' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Spec {uid: CASE $p.kind WHEN 'Spec' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Library {uid: CASE $p.kind WHEN 'Library' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:SymbolSet {uid: CASE $p.kind WHEN 'SymbolSet' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Soname {name: CASE $p.kind WHEN 'Soname' THEN wanted END})
  SET n.name = n.name
  RETURN n
  UNION ALL
  MATCH (n:Recipe {uid: CASE $p.kind WHEN 'Recipe' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Claim {uid: CASE $p.kind WHEN 'Claim' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Virtual {name: CASE $p.kind WHEN 'Virtual' THEN wanted END})
  SET n.name = n.name
  RETURN n
  UNION ALL
  MATCH (n:Diagnostic {fingerprint: CASE $p.kind WHEN 'Diagnostic' THEN wanted END})
  SET n.fingerprint = n.fingerprint
  RETURN n
  UNION ALL
  MATCH (n:Blob {digest: CASE $p.kind WHEN 'Blob' THEN wanted END})
  SET n.digest = n.digest
  RETURN n
  UNION ALL
  MATCH (n:Environment {fingerprint: CASE $p.kind WHEN 'Environment' THEN wanted END})
  SET n.fingerprint = n.fingerprint
  RETURN n
  UNION ALL
  MATCH (n:Variable {digest: CASE $p.kind WHEN 'Variable' THEN wanted END})
  SET n.digest = n.digest
  RETURN n
  UNION ALL
  MATCH (n:Archive {uid: CASE $p.kind WHEN 'Archive' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
  UNION ALL
  MATCH (n:Site {name: CASE $p.kind WHEN 'Site' THEN wanted END})
  SET n.name = n.name
  RETURN n
  UNION ALL
  MATCH (n:Mirror {name: CASE $p.kind WHEN 'Mirror' THEN wanted END})
  SET n.name = n.name
  RETURN n
  UNION ALL
  MATCH (n:Token {public_id: CASE $p.kind WHEN 'Token' THEN wanted END})
  SET n.public_id = n.public_id
  RETURN n
  UNION ALL
  MATCH (n:Counter {name: CASE $p.kind WHEN 'Counter' THEN wanted END})
  SET n.name = n.name
  RETURN n
  UNION ALL
  MATCH (n:AuditEntry {uid: CASE $p.kind WHEN 'AuditEntry' THEN wanted END})
  SET n.uid = n.uid
  RETURN n
}
WITH n, wanted AS key
// include: units_of_nodes
