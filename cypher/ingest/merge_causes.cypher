// Connect failed attempts to the first error of the phase in which they failed.
// parameters: causes
// columns: causes
// owns up to: CartesianProduct
// used by: loaders/store/attempts.py
UNWIND $p.causes AS row
MATCH (b:Build {uid: row.build})
WITH b, row
MATCH (d:Diagnostic {fingerprint: row.fingerprint})
CREATE (b)-[f:FAILED_BY]->(d)
SET f = row.properties
RETURN count(*) AS causes
