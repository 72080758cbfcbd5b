// Give test runs another spec.
// parameters: test_runs
// columns: moved
// used by: loaders/store/old_hashes.py
UNWIND $p.test_runs AS row
MATCH (r:TestRun {uid: row.uid})
// include: spec_of_row
MATCH (r)-[o:TESTED]->(:Spec)
WITH r, s, row, collect(o) AS former
FOREACH (o IN former | DELETE o)
SET r.hash = row.hash
CREATE (r)-[:TESTED]->(s)
RETURN count(*) AS moved
