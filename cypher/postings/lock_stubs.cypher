// Lock specs without a version, and return how many still have none. A transaction that fills one has
// ended then.
// parameters: uids
// columns: stubs
// used by: loaders/postings/sealing.py
UNWIND $p.uids AS uid
MATCH (x:Spec {uid: uid})
SET x.hash = x.hash
WITH x
WHERE x.version_key IS NULL
RETURN count(*) AS stubs
