// Create these attempts if necessary, lock them, and return their properties.
// parameters: attempts
// columns: attempts
// used by: loaders/store/attempts.py
UNWIND $p.attempts AS row
MERGE (b:Build {uid: row.uid})
SET b.hash = row.hash
RETURN collect({
  uid: b.uid,
  properties: properties(b),
  has_phases: EXISTS { (b)-[:RAN]->(:Phase) },
  has_variables: EXISTS { (b)-[:SAW]->(:Variable) }
}) AS attempts
