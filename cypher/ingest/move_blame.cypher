// Let skipped attempts blame another spec, and delete the stubs that nothing names any more.
// parameters: specs
// columns: moved
// used by: loaders/store/old_hashes.py
UNWIND $p.specs AS row
MATCH (named:Spec {hash: row.named})
USING INDEX SEEK named:Spec(hash)
// include: spec_of_row
CALL (named, s) {
  MATCH (b:Build)-[o:BLAMES]->(named)
  DELETE o
  MERGE (b)-[:BLAMES]->(s)
  RETURN count(*) AS blamed
}
CALL (named) {
  WITH named WHERE named.standing IS NULL AND NOT EXISTS { (named)--() }
  DELETE named
}
RETURN sum(blamed) AS moved
