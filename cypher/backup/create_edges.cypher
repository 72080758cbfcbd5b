// Create relationships from nodes of one kind to nodes of one kind; return how many.
// parameters: start, end, rows
// columns: created
// used by: loaders/backup/restore.py
UNWIND $p.rows AS row
CALL (row) {
  MATCH (a:Document {digest: CASE $p.start WHEN 'Document' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Store {uid: CASE $p.start WHEN 'Store' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Lockfile {uid: CASE $p.start WHEN 'Lockfile' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:TestRun {uid: CASE $p.start WHEN 'TestRun' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Report {uid: CASE $p.start WHEN 'Report' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Announcement {uid: CASE $p.start WHEN 'Announcement' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:FailedConcretization {uid: CASE $p.start WHEN 'FailedConcretization' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Build {uid: CASE $p.start WHEN 'Build' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Installation {uid: CASE $p.start WHEN 'Installation' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Compiler {uid: CASE $p.start WHEN 'Compiler' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:CanSplice {uid: CASE $p.start WHEN 'CanSplice' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Artifact {uid: CASE $p.start WHEN 'Artifact' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Prefix {uid: CASE $p.start WHEN 'Prefix' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Spec {uid: CASE $p.start WHEN 'Spec' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Library {uid: CASE $p.start WHEN 'Library' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:SymbolSet {uid: CASE $p.start WHEN 'SymbolSet' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Soname {name: CASE $p.start WHEN 'Soname' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Recipe {uid: CASE $p.start WHEN 'Recipe' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Claim {uid: CASE $p.start WHEN 'Claim' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Virtual {name: CASE $p.start WHEN 'Virtual' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Diagnostic {fingerprint: CASE $p.start WHEN 'Diagnostic' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Blob {digest: CASE $p.start WHEN 'Blob' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Environment {fingerprint: CASE $p.start WHEN 'Environment' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Variable {digest: CASE $p.start WHEN 'Variable' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Archive {uid: CASE $p.start WHEN 'Archive' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Site {name: CASE $p.start WHEN 'Site' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Mirror {name: CASE $p.start WHEN 'Mirror' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Token {public_id: CASE $p.start WHEN 'Token' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Counter {name: CASE $p.start WHEN 'Counter' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:AuditEntry {uid: CASE $p.start WHEN 'AuditEntry' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:Phase {uid: CASE $p.start WHEN 'Phase' THEN row.start END})
  RETURN a
  UNION ALL
  MATCH (a:PhaseReport {uid: CASE $p.start WHEN 'PhaseReport' THEN row.start END})
  RETURN a
}
CALL (row) {
  MATCH (b:Document {digest: CASE $p.end WHEN 'Document' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Store {uid: CASE $p.end WHEN 'Store' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Lockfile {uid: CASE $p.end WHEN 'Lockfile' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:TestRun {uid: CASE $p.end WHEN 'TestRun' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Report {uid: CASE $p.end WHEN 'Report' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Announcement {uid: CASE $p.end WHEN 'Announcement' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:FailedConcretization {uid: CASE $p.end WHEN 'FailedConcretization' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Build {uid: CASE $p.end WHEN 'Build' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Installation {uid: CASE $p.end WHEN 'Installation' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Compiler {uid: CASE $p.end WHEN 'Compiler' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:CanSplice {uid: CASE $p.end WHEN 'CanSplice' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Artifact {uid: CASE $p.end WHEN 'Artifact' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Prefix {uid: CASE $p.end WHEN 'Prefix' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Spec {uid: CASE $p.end WHEN 'Spec' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Library {uid: CASE $p.end WHEN 'Library' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:SymbolSet {uid: CASE $p.end WHEN 'SymbolSet' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Soname {name: CASE $p.end WHEN 'Soname' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Recipe {uid: CASE $p.end WHEN 'Recipe' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Claim {uid: CASE $p.end WHEN 'Claim' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Virtual {name: CASE $p.end WHEN 'Virtual' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Diagnostic {fingerprint: CASE $p.end WHEN 'Diagnostic' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Blob {digest: CASE $p.end WHEN 'Blob' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Environment {fingerprint: CASE $p.end WHEN 'Environment' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Variable {digest: CASE $p.end WHEN 'Variable' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Archive {uid: CASE $p.end WHEN 'Archive' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Site {name: CASE $p.end WHEN 'Site' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Mirror {name: CASE $p.end WHEN 'Mirror' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Token {public_id: CASE $p.end WHEN 'Token' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Counter {name: CASE $p.end WHEN 'Counter' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:Phase {uid: CASE $p.end WHEN 'Phase' THEN row.end END})
  RETURN b
  UNION ALL
  MATCH (b:PhaseReport {uid: CASE $p.end WHEN 'PhaseReport' THEN row.end END})
  RETURN b
}
CREATE (a)-[r:$(row.type)]->(b)
SET r = row.properties
RETURN count(r) AS created
