// Make sure that these build specs are there, as stubs where nobody has brought them yet, and
// lock them: whoever fills one waits until this transaction ends.
// parameters: stubs, load
// columns: stubs
UNWIND $p.stubs AS stub
MERGE (s:Spec {hash: stub.hash})
  ON CREATE SET s.name = stub.name, s.stub = true, s.verified = false, s.load = $p.load
SET s.hash = stub.hash
RETURN collect([s.hash, s.standing]) AS stubs
