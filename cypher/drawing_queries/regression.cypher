// Draws the last success and the first failure after it, with their specs and direct dependencies.
MATCH (b:Build) WHERE b.uid IN $uids
OPTIONAL MATCH spec = (b)-[:BUILT]->(:Spec)-[:DEPENDS_ON]->(:Spec)
OPTIONAL MATCH cause = (b)-[:FAILED_BY]->(:Diagnostic)
RETURN b, spec, cause
