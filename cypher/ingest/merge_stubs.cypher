// Create stubs for these hashes if no spec has them, and lock the specs: a transaction that fills one
// waits until this transaction ends.
// parameters: stubs, load
// columns: stubs
// used by: loaders/monitor/announcements.py, loaders/store/attempts.py, loaders/store/installations.py, loaders/store/spec_writes.py
UNWIND $p.stubs AS stub
CALL (stub) {
  MATCH (s:Spec {hash: stub.hash})
  USING INDEX SEEK s:Spec(hash)
  SET s.hash = stub.hash
  RETURN count(*) AS known
}
FOREACH (_ IN CASE WHEN known = 0 THEN [1] ELSE [] END |
  MERGE (s:Spec {uid: stub.hash})
    ON CREATE SET s.hash = stub.hash, s.name = stub.name, s.stub = true, s.verified = false,
      s.load = $p.load
  SET s.hash = stub.hash)
RETURN count(*) AS stubs
