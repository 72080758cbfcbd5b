// Make these attempts where they are not there, lock them, and tell what is known of each: its
// properties, and whether it has phases and saw variables.
// parameters: attempts
// columns: known
UNWIND $p.attempts AS row
MERGE (b:Build {uid: row.uid})
SET b.hash = row.hash
RETURN collect([
  b.uid, properties(b), EXISTS { (b)-[:RAN]->(:Phase) }, EXISTS { (b)-[:SAW]->(:Variable) }
]) AS known
