// Create the nodes of a kind that are missing, and give all of them these properties and no others.
// parameters: kind, rows
// columns: stored
// used by: loaders/backup/restore.py
UNWIND $p.rows AS row
CALL (row) {
  WITH row WHERE $p.kind = 'Document'
  MERGE (n:Document {digest: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Store'
  MERGE (n:Store {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Lockfile'
  MERGE (n:Lockfile {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'TestRun'
  MERGE (n:TestRun {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Report'
  MERGE (n:Report {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Announcement'
  MERGE (n:Announcement {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'FailedConcretization'
  MERGE (n:FailedConcretization {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Build'
  MERGE (n:Build {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Installation'
  MERGE (n:Installation {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Compiler'
  MERGE (n:Compiler {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'CanSplice'
  MERGE (n:CanSplice {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Artifact'
  MERGE (n:Artifact {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Prefix'
  MERGE (n:Prefix {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Spec'
  MERGE (n:Spec {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Library'
  MERGE (n:Library {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'SymbolSet'
  MERGE (n:SymbolSet {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Soname'
  MERGE (n:Soname {name: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Recipe'
  MERGE (n:Recipe {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Claim'
  MERGE (n:Claim {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Virtual'
  MERGE (n:Virtual {name: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Diagnostic'
  MERGE (n:Diagnostic {fingerprint: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Blob'
  MERGE (n:Blob {digest: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Environment'
  MERGE (n:Environment {fingerprint: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Variable'
  MERGE (n:Variable {digest: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Archive'
  MERGE (n:Archive {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Site'
  MERGE (n:Site {name: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Mirror'
  MERGE (n:Mirror {name: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Token'
  MERGE (n:Token {public_id: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Counter'
  MERGE (n:Counter {name: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'AuditEntry'
  MERGE (n:AuditEntry {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'Phase'
  MERGE (n:Phase {uid: row.key})
  RETURN n
  UNION ALL
  WITH row WHERE $p.kind = 'PhaseReport'
  MERGE (n:PhaseReport {uid: row.key})
  RETURN n
}
SET n = row.properties
RETURN count(*) AS stored
