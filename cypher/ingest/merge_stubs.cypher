// Create stubs for these specs if necessary, and lock them: a transaction that fills one waits
// until this transaction ends.
// parameters: stubs, load
// columns: stubs
// used by: loaders/monitor/announcements.py, loaders/store/attempts.py, loaders/store/installations.py, loaders/store/spec_writes.py
UNWIND $p.stubs AS stub
MERGE (s:Spec {hash: stub.hash})
  ON CREATE SET s.name = stub.name, s.stub = true, s.verified = false, s.load = $p.load
SET s.hash = stub.hash
RETURN count(*) AS stubs
